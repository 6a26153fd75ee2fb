// SPDX-License-Identifier: Apache-2.0
import CZlib

/// zlib's decompressor for gzip: all that is unsafe about it.
///
/// zlib's state points back to its stream, which therefore lives at one address for as long as this
/// does. It takes 7 KiB, and the window of 32 KiB once contents exceed the room they are given.
struct InflateStream: ~Copyable {
    enum Outcome {
        case goesOn
        /// A member ends, its check value and length proven.
        case memberEnd
        case failure(GzipError)
    }

    /// zlib's `windowBits`: the largest window, which gzip may use, and 16 for the gzip wrapper.
    private static let windowBits: Int32 = 15 + 16

    private let stream: UnsafeMutablePointer<z_stream>

    init() throws(GzipError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = inflateInit2_(
            stream, Self.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            stream.deallocate()
            throw .outOfMemory
        }
        // Only now: an initializer that throws with all set runs `deinit` too.
        self.stream = stream
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Gets ready for another member.
    mutating func reset() { inflateReset(stream) }

    /// One call of zlib's.
    ///
    /// - Parameter producedMax: the most that is produced, if there is room for as much.
    mutating func inflate(
        _ input: Span<UInt8>, into output: inout OutputSpan<UInt8>, producedMax: Int
    ) -> (outcome: Outcome, consumed: Int, produced: Int) {
        let offered = min(input.count, Int(UInt32.max))
        let room = min(output.freeCapacity, producedMax, Int(UInt32.max))
        let status = input.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { buffer, count in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = UInt32(offered)
                stream.pointee.next_out = buffer.baseAddress.map { $0 + count }
                stream.pointee.avail_out = UInt32(room)
                let status = CZlib.inflate(stream, Z_NO_FLUSH)
                count += room - Int(stream.pointee.avail_out)
                return status
            }
        }
        let outcome: Outcome =
            switch status {
            case Z_OK, Z_BUF_ERROR: .goesOn
            case Z_STREAM_END: .memberEnd
            case Z_MEM_ERROR: .failure(.outOfMemory)
            default: .failure(fault)
            }
        return (
            outcome, offered - Int(stream.pointee.avail_in), room - Int(stream.pointee.avail_out)
        )
    }

    /// Told by zlib's words alone; its status is one for all of them.
    private var fault: GzipError {
        switch stream.pointee.msg.map({ String(cString: $0) }) {
        case "incorrect data check": .wrongCheckValue
        case "incorrect length check": .wrongLength
        case "incorrect header check", "unknown compression method", "unknown header flags set",
            "header crc mismatch":
            .malformedHeader
        default: .malformedBlock
        }
    }
}
