// SPDX-License-Identifier: Apache-2.0

/// Reads a gzip stream (RFC 1952) piece by piece: some of it in, some of its contents out.
///
/// Contents are produced in blocks, and the limits are asked after each, so that a bomb never
/// costs more than a block beyond them.
package struct Gunzip: ~Copyable {
    /// What a stream may be.
    package struct Limits: Sendable {
        package var byteCountMax = Int.max
        /// Contents ÷ stream, asked of contents above `ratioFreeByteCount`.
        package var ratioMax = Int.max
        package var memberCountMax = Int.max
        /// Whether zeros may follow the last member, as tape and block devices leave them.
        package var allowsPadding = false

        package init() {}

        /// How much to ask for: a byte beyond the limit, which proves that it is exceeded, but no
        /// more than a block.
        func room(after byteCount: Int, upTo blockByteCount: Int) -> Int {
            min(blockByteCount - 1, byteCountMax - byteCount) + 1
        }
    }

    /// Contents that small harm nobody, however few bytes made them.
    package static let ratioFreeByteCount = 1 << 16
    private static let blockByteCount = 1 << 15

    private enum Phase {
        case betweenMembers, inMember, inPadding
    }

    private let limits: Limits
    private var stream: InflateStream
    private var phase = Phase.betweenMembers
    private var memberCount = 0
    private var consumedCount = 0
    /// How many bytes of contents there have been.
    package private(set) var byteCount = 0

    package init(limits: Limits) throws(GzipError) {
        self.limits = limits
        stream = try InflateStream()
    }

    /// Reads on, until the input is used up or the output is full.
    ///
    /// A stream whose contents fill the output exactly is not at its end before there is room for
    /// another byte.
    ///
    /// - Returns: how many bytes of the input were used.
    package mutating func read(
        _ input: Span<UInt8>, into output: inout OutputSpan<UInt8>
    ) throws(GzipError) -> Int {
        var used = 0
        while output.freeCapacity > 0 {
            if phase != .inMember {
                guard used < input.count else { break }
                try beginMember(input[used])
                if phase == .inPadding {
                    used += 1
                    continue
                }
            }
            let step = stream.inflate(
                input.extracting(used...), into: &output,
                producedMax: limits.room(after: byteCount, upTo: Self.blockByteCount))
            used += step.consumed
            consumedCount += step.consumed
            byteCount += step.produced
            guard byteCount <= limits.byteCountMax else {
                throw .tooLarge(byteCountMax: limits.byteCountMax)
            }
            // Whether the contents exceed the product, which may not fit an `Int`.
            guard
                byteCount <= Self.ratioFreeByteCount
                    || (byteCount - 1) / consumedCount < limits.ratioMax
            else { throw .ratioTooLarge(ratioMax: limits.ratioMax) }
            switch step.outcome {
            case .goesOn where step.consumed == 0 && step.produced == 0: return used
            case .goesOn: break
            case .memberEnd: phase = .betweenMembers
            case .failure(let error): throw error
            }
        }
        return used
    }

    /// - Throws: `truncated` if the stream must not end here.
    package func finish() throws(GzipError) {
        guard phase != .inMember, memberCount > 0 else { throw .truncated }
    }

    /// Judges the first byte of what should be a member.
    private mutating func beginMember(_ first: UInt8) throws(GzipError) {
        if memberCount > 0 {
            if first == 0, limits.allowsPadding {
                phase = .inPadding
                return
            }
            guard first == 0x1F, phase != .inPadding else { throw .trailingBytes }
            guard memberCount < limits.memberCountMax else {
                throw .tooManyMembers(memberCountMax: limits.memberCountMax)
            }
            stream.reset()
        }
        memberCount += 1
        phase = .inMember
    }
}
