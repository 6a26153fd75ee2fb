// SPDX-License-Identifier: Apache-2.0
import CZlib

/// Whole gzip files (RFC 1952) in memory.
package enum Gzip {
    private static let chunkByteCount = 1 << 16
    /// zlib's `windowBits`: the largest window, and 16 for the gzip wrapper.
    private static let gzipWindowBits: Int32 = 15 + 16

    /// Whether the bytes begin as a gzip member does.
    package static func isGzip(_ bytes: Span<UInt8>) -> Bool {
        bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B
    }

    /// What the contents may be; guards against bombs.
    package struct Limits: Sendable {
        package var byteCountMax = Int.max
        /// Contents ÷ stream, asked of contents above 64 KiB. Deflate can do 1032; text does 3 to
        /// 20.
        package var ratioMax = Int.max
        package var memberCountMax = Int.max
        /// Whether zeros may follow the last member, as tape and block devices leave them.
        package var allowsPadding = true

        package init() {}
    }

    /// The contents of all members, concatenated (RFC 1952 section 2.2).
    ///
    /// No more than a block beyond the limits is ever produced.
    package static func decompress(
        _ bytes: [UInt8], limits: Limits = Limits()
    ) throws(GzipError) -> [UInt8] {
        let stream = InflateStream()
        guard stream.isReady else { throw .outOfMemory }
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: chunkByteCount)
        var offset = 0
        var memberCount = 1
        while true {
            let step = stream.inflate(bytes, from: offset, into: &chunk)
            offset += step.consumed
            guard step.produced <= limits.byteCountMax - contents.count else {
                throw .tooLarge(byteCountMax: limits.byteCountMax)
            }
            contents += chunk[..<step.produced]
            guard contents.count <= 65_536 || contents.count / offset <= limits.ratioMax else {
                throw .ratioTooLarge(ratioMax: limits.ratioMax)
            }
            switch step.status {
            case Z_OK where step.consumed > 0 || step.produced > 0: continue
            case Z_OK, Z_BUF_ERROR: throw .truncated
            case Z_STREAM_END:
                if offset == bytes.count { return contents }
                if limits.allowsPadding, bytes[offset...].allSatisfy({ $0 == 0 }) {
                    return contents
                }
                memberCount += 1
                guard memberCount <= limits.memberCountMax else {
                    throw .tooManyMembers(memberCountMax: limits.memberCountMax)
                }
                stream.reset()
            case Z_MEM_ERROR: throw .outOfMemory
            default: throw .malformed(stream.message ?? "zlib status \(step.status)")
            }
        }
    }

    /// One member holding `bytes`. The header carries neither name nor time, so that the same
    /// contents always give the same file.
    package static func compress(_ bytes: [UInt8], level: Int = 6) throws(GzipError) -> [UInt8] {
        var stream = z_stream()
        let status = deflateInit2_(
            &stream, Int32(level), Z_DEFLATED, gzipWindowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw .outOfMemory }
        defer { deflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: chunkByteCount)
        var contents: [UInt8] = []
        var offset = 0
        while true {
            let count = min(bytes.count - offset, Int(UInt32.max))
            let isLast = offset + count == bytes.count
            let status = bytes.withUnsafeBufferPointer { input in
                output.withUnsafeMutableBufferPointer { room in
                    stream.next_in = UnsafeMutablePointer(
                        mutating: input.baseAddress.map { $0 + offset })
                    stream.avail_in = UInt32(count)
                    stream.next_out = room.baseAddress
                    stream.avail_out = UInt32(room.count)
                    return deflate(&stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                }
            }
            offset += count - Int(stream.avail_in)
            contents += output[..<(output.count - Int(stream.avail_out))]
            if status == Z_STREAM_END { return contents }
            guard status == Z_OK || status == Z_BUF_ERROR else { throw .outOfMemory }
        }
    }

    /// zlib's decompressor. Its state points back to the stream, which therefore lives at one
    /// address for as long as this object does.
    private final class InflateStream {
        private let stream: UnsafeMutablePointer<z_stream>
        let isReady: Bool

        init() {
            stream = .allocate(capacity: 1)
            stream.initialize(to: z_stream())
            isReady =
                inflateInit2_(
                    stream, Gzip.gzipWindowBits, ZLIB_VERSION,
                    Int32(MemoryLayout<z_stream>.size)) == Z_OK
        }

        deinit {
            if isReady { inflateEnd(stream) }
            stream.deallocate()
        }

        var message: String? { stream.pointee.msg.map { String(cString: $0) } }

        func reset() { inflateReset(stream) }

        func inflate(
            _ bytes: [UInt8], from offset: Int, into chunk: inout [UInt8]
        ) -> (status: Int32, consumed: Int, produced: Int) {
            let count = min(bytes.count - offset, Int(UInt32.max))
            let status = bytes.withUnsafeBufferPointer { input in
                chunk.withUnsafeMutableBufferPointer { room in
                    stream.pointee.next_in = UnsafeMutablePointer(
                        mutating: input.baseAddress.map { $0 + offset })
                    stream.pointee.avail_in = UInt32(count)
                    stream.pointee.next_out = room.baseAddress
                    stream.pointee.avail_out = UInt32(room.count)
                    return CZlib.inflate(stream, Z_NO_FLUSH)
                }
            }
            return (
                status, count - Int(stream.pointee.avail_in),
                chunk.count - Int(stream.pointee.avail_out)
            )
        }
    }
}
