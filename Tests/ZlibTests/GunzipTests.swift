// SPDX-License-Identifier: Apache-2.0
import Testing
import Zlib

/// Streams read in pieces, and streams made by hand.
struct GunzipTests {
    private static let text = Array("The martlet never lands.\n".utf8)

    /// Reads a stream, so many bytes at a time into room for so many.
    private func read(
        _ stream: [UInt8], by inputCount: Int = .max, into outputCount: Int = 4096,
        limits: Gunzip.Limits = Gunzip.Limits()
    ) throws(GzipError) -> [UInt8] {
        var gunzip = try Gunzip(limits: limits)
        var contents: [UInt8] = []
        var used = 0
        while true {
            let count = min(inputCount, stream.count - used)
            var isFull = false
            try contents.append(addingCapacity: outputCount) { output throws(GzipError) in
                used += try gunzip.read(
                    stream.span.extracting(used..<used + count), into: &output)
                isFull = output.freeCapacity == 0
            }
            if used == stream.count, !isFull { break }
        }
        try gunzip.finish()
        #expect(gunzip.byteCount == contents.count)
        return contents
    }

    @Test(arguments: [1, 2, 3, 7, 64, .max])
    func readsTheSameInPiecesOfAnySize(inputCount: Int) throws {
        let contents = (0..<3000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 5) }
        let stream = try Gzip.compress(contents) + Gzip.compress([]) + Gzip.compress(Self.text)
        for outputCount in [1, 2, 5, 1000, 3000, 3025, 1 << 20] {
            #expect(try read(stream, by: inputCount, into: outputCount) == contents + Self.text)
        }
    }

    // MARK: Members made by hand (RFC 1952 section 2.3)

    private static let start: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
    /// A stored block of the letter a, and what must follow it.
    private static let block: [UInt8] = [1, 1, 0, 0xFE, 0xFF, 0x61]
    private static let checkValue: [UInt8] = [0x43, 0xBE, 0xB7, 0xE8]
    private static let end = checkValue + [1, 0, 0, 0]

    private static func start(flags: UInt8, _ fields: [UInt8]) -> [UInt8] {
        [0x1F, 0x8B, 8, flags, 1, 2, 3, 4, 2, 3] + fields
    }

    private static let extra: [UInt8] = [3, 0, 0x78, 0, 0x79]
    private static let name: [UInt8] = [0x6E, 0]

    /// CRC-32 (RFC 1952 section 8), whose low half guards a header.
    private static func crc16(_ bytes: [UInt8]) -> [UInt8] {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        return [UInt8(~crc & 0xFF), UInt8(~crc >> 8 & 0xFF)]
    }

    private static func joined(_ parts: [UInt8]...) -> [UInt8] { parts.flatMap(\.self) }

    private static let full = start(flags: 31, joined(extra, name, name))

    @Test(arguments: [
        start, start(flags: 1, []), start(flags: 4, extra), start(flags: 8, name),
        start(flags: 16, name), start(flags: 28, joined(extra, name, name)),
        joined(full, crc16(full)),
    ])
    func passesOverWhatAHeaderHolds(_ header: [UInt8]) throws {
        #expect(try read(Self.joined(header, Self.block, Self.end)) == [0x61])
    }

    @Test(
        arguments: [
            // Headers.
            ([0x1E, 0x8B], GzipError.malformedHeader), ([0x1F, 0x8C], .malformedHeader),
            ([0x1F, 0x8B, 7, 0], .malformedHeader), (start(flags: 0x20, []), .malformedHeader),
            (start(flags: 0x80, []), .malformedHeader),
            (joined(start(flags: 2, []), [0, 0], block, end), .malformedHeader),
            // zlib (RFC 1950) and bare deflate, which some call gzip.
            (joined([0x78, 0x9C], block), .malformedHeader), (block, .malformedHeader),
            // Blocks: of no type, with lengths that differ, with a distance to before the start.
            (joined(start, [7]), .malformedBlock),
            (joined(start, [1, 1, 0, 0, 0]), .malformedBlock),
            (joined(start, [3, 2, 0, 0]), .malformedBlock),
            // Check value and length.
            (joined(start, block, [0x44, 0xBE, 0xB7, 0xE8, 1, 0, 0, 0]), .wrongCheckValue),
            (joined(start, block, [0x43, 0xBE, 0xB7, 0xE9, 1, 0, 0, 0]), .wrongCheckValue),
            (joined(start, block, checkValue, [2, 0, 0, 0]), .wrongLength),
            (joined(start, block, checkValue, [1, 0, 0, 1]), .wrongLength),
            // What follows.
            (joined(start, block, end, [0]), .trailingBytes),
            (joined(start, block, end, [0x1E]), .trailingBytes),
            (joined(start, block, end, end), .trailingBytes),
            (joined(start, block, end, [0x1F, 0x8C]), .malformedHeader),
            (joined(start, block, end, [0x1F]), .truncated), ([], .truncated),
        ] as [([UInt8], GzipError)])
    func refuses(_ stream: [UInt8], _ error: GzipError) throws {
        for inputCount in [1, .max] {
            #expect(throws: error) { try read(stream, by: inputCount) }
        }
    }

    /// What a flipped bit leaves whole is a field of the header that says nothing of the contents,
    /// or lies between the last block and the byte that the check value begins with.
    @Test func noFlippedBitChangesTheContents() throws {
        let stream = try Gzip.compress(Self.text)
        var refusedCount = 0
        for index in stream.indices {
            for bit in 0..<8 {
                var flipped = stream
                flipped[index] ^= 1 << bit
                do throws(GzipError) {
                    let contents = try read(flipped)
                    #expect(contents == Self.text, "byte \(index), bit \(bit)")
                    let isUnread = 3..<10 ~= index || index == stream.count - 9
                    #expect(isUnread, "byte \(index), bit \(bit)")
                } catch {
                    refusedCount += 1
                }
            }
        }
        #expect(refusedCount >= (stream.count - 8) * 8)
    }

    @Test func endsOnlyBetweenMembers() throws {
        let stream = try Gzip.compress(Self.text) + Gzip.compress(Self.text)
        for count in stream.indices where count != stream.count / 2 {
            #expect(throws: GzipError.truncated) { try read(Array(stream[..<count])) }
        }
        #expect(try read(Array(stream[..<(stream.count / 2)])) == Self.text)
    }

    @Test func zerosMayFollowWhereTheCallerSaysSo() throws {
        var limits = Gunzip.Limits()
        limits.allowsPadding = true
        let stream = try Gzip.compress(Self.text)
        #expect(try read(stream + [0, 0, 0], limits: limits) == Self.text)
        #expect(try read(stream + [0, 0, 0], by: 1, limits: limits) == Self.text)
        #expect(throws: GzipError.trailingBytes) { try read(stream + [0, 1], limits: limits) }
        #expect(throws: GzipError.trailingBytes) {
            try read(stream + [0] + stream, limits: limits)
        }
        #expect(throws: GzipError.malformedHeader) { try read([0] + stream, limits: limits) }
    }

    // MARK: Limits

    @Test(arguments: [0, 1, 24, 25, 26, .max])
    func contentsMayReachTheLimit(_ byteCountMax: Int) throws {
        var limits = Gunzip.Limits()
        limits.byteCountMax = byteCountMax
        let stream = try Gzip.compress(Self.text)
        for outputCount in [1, 25, 26, 4096] {
            if byteCountMax >= Self.text.count {
                #expect(try read(stream, into: outputCount, limits: limits) == Self.text)
            } else {
                #expect(throws: GzipError.tooLarge(byteCountMax: byteCountMax)) {
                    try read(stream, into: outputCount, limits: limits)
                }
            }
        }
    }

    /// However much room there is, a bomb fills a block beyond its limit at most.
    @Test func aBombStopsAtTheBlockThatCrosses() throws {
        let bomb = try Gzip.compress([UInt8](repeating: 0, count: 10_000_000))
        func byteCount(_ limits: Gunzip.Limits, _ error: GzipError) throws -> Int {
            var gunzip = try Gunzip(limits: limits)
            var contents: [UInt8] = []
            #expect(throws: error) {
                try contents.append(addingCapacity: 1 << 24) { output throws(GzipError) in
                    _ = try gunzip.read(bomb.span, into: &output)
                }
            }
            return gunzip.byteCount
        }
        var limits = Gunzip.Limits()
        limits.byteCountMax = 100_000
        #expect(try byteCount(limits, .tooLarge(byteCountMax: 100_000)) == 100_001)
        limits.ratioMax = 250
        let stopped = try byteCount(limits, .ratioTooLarge(ratioMax: 250))
        #expect(Gunzip.ratioFreeByteCount..<Gunzip.ratioFreeByteCount + 1 << 15 ~= stopped - 1)
    }

    @Test func smallContentsMayBeDense() throws {
        var limits = Gunzip.Limits()
        limits.ratioMax = 1
        let dense = [UInt8](repeating: 0, count: Gunzip.ratioFreeByteCount)
        #expect(try read(Gzip.compress(dense), limits: limits) == dense)
        #expect(throws: GzipError.ratioTooLarge(ratioMax: 1)) {
            try read(Gzip.compress(dense + [0]), limits: limits)
        }
        // The ratio is that of all members so far, not of each.
        limits.ratioMax = 100
        let half = [UInt8](repeating: 0, count: Gunzip.ratioFreeByteCount / 2 + 1)
        let member = try Gzip.compress(half)
        #expect(half.count / member.count > 100)
        #expect(throws: GzipError.ratioTooLarge(ratioMax: 100)) {
            try read(member + member, limits: limits)
        }
    }

    @Test func membersAreBounded() throws {
        var limits = Gunzip.Limits()
        limits.memberCountMax = 2
        let member = try Gzip.compress(Self.text)
        #expect(try read(member + member, limits: limits) == Self.text + Self.text)
        #expect(throws: GzipError.tooManyMembers(memberCountMax: 2)) {
            try read(member + member + member, limits: limits)
        }
    }
}
