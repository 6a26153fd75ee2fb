// SPDX-License-Identifier: Apache-2.0
import CZlib

/// Writes gzip members (RFC 1952), one after another with one state.
///
/// zlib's state points back to its stream, which therefore lives at one address for as long as this
/// does.
package struct GzipEncoder: ~Copyable {
    /// zlib's `windowBits` that ask for the gzip wrapper.
    private static let wrapperBits: Int32 = 16

    private let stream: UnsafeMutablePointer<z_stream>

    /// Takes 256 KiB, and less where contents are known to be small: clearing that much would cost
    /// more than to compress a kilobyte, and a window beyond the contents finds nothing.
    ///
    /// - Parameters:
    ///   - level: zlib's, from 1 (fastest) to 9 (smallest).
    ///   - contentsByteCount: how much members hold; what exceeds it is compressed less well.
    package init(level: Int, contentsByteCount: Int = .max) throws(GzipError) {
        // zlib's choices: matches lie up to 2^9 to 2^15 bytes back, hashed and held in proportion.
        let windowBits = (9...14).first { contentsByteCount <= 1 << $0 } ?? 15
        let memoryLevel = min(windowBits - 6, 8)
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = deflateInit2_(
            stream, Int32(level), Z_DEFLATED, Int32(windowBits) + Self.wrapperBits,
            Int32(memoryLevel), Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            stream.deallocate()
            throw .outOfMemory
        }
        // Only now: an initializer that throws with all set runs `deinit` too.
        self.stream = stream
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Appends a member that holds `contents`. Its header carries neither name nor time, so that
    /// the same contents always give the same bytes.
    package mutating func append(_ contents: Span<UInt8>, to output: inout [UInt8]) {
        deflateReset(stream)
        // What zlib promises to stay below, so that one call is enough for each piece.
        let bound = Int(deflateBound(stream, UInt(contents.count)))
        output.append(addingCapacity: bound) { output in
            contents.withUnsafeBufferPointer { contents in
                output.withUnsafeMutableBufferPointer { buffer, count in
                    count += deflate(
                        contents, into: UnsafeMutableBufferPointer(rebasing: buffer[count...]))
                }
            }
        }
    }

    /// zlib counts its input and output in 32 bits, so what is larger takes several calls.
    private mutating func deflate(
        _ contents: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: contents.baseAddress)
        stream.pointee.next_out = output.baseAddress
        var unread = contents.count
        var room = output.count
        while true {
            let offered = min(unread, Int(UInt32.max))
            let offeredRoom = min(room, Int(UInt32.max))
            stream.pointee.avail_in = UInt32(offered)
            stream.pointee.avail_out = UInt32(offeredRoom)
            let status = CZlib.deflate(stream, offered == unread ? Z_FINISH : Z_NO_FLUSH)
            unread -= offered - Int(stream.pointee.avail_in)
            room -= offeredRoom - Int(stream.pointee.avail_out)
            if status != Z_OK { return output.count - room }
        }
    }
}
