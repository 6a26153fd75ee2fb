// SPDX-License-Identifier: Apache-2.0

/// Whole gzip streams (RFC 1952) in memory.
package enum Gzip {
    /// Whether the bytes begin as a gzip member does.
    package static func isGzip(_ bytes: Span<UInt8>) -> Bool {
        bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B
    }

    /// How many bytes the last member says that it holds (RFC 1952 section 2.3.1), modulo 2³². Only
    /// reading it tells whether that is so.
    package static func statedByteCount(_ bytes: Span<UInt8>) -> Int {
        let last = bytes.extracting(last: 4)
        return last.indices.reversed().reduce(0) { $0 << 8 | Int(last[$1]) }
    }

    /// Whether another member may follow the first: whether what one begins with (RFC 1952 section
    /// 2.3.1: two magic bytes, deflate, no reserved flag) stands anywhere behind its start.
    ///
    /// `false` is certain; `true` may be compressed contents that look so, in one of 2²⁷ places.
    package static func mayHoldSeveralMembers(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            // Looks where the third byte of a start would be, and steps over what cannot be one.
            var index = 3
            while index < bytes.count - 1 {
                switch bytes[index] {
                case 0x08:
                    if bytes[index - 1] == 0x8B, bytes[index - 2] == 0x1F,
                        bytes[index + 1] & 0xE0 == 0
                    {
                        return true
                    }
                    index += 3
                case 0x8B: index += 1
                case 0x1F: index += 2
                default: index += 3
                }
            }
            return false
        }
    }

    /// The contents of all members, concatenated (RFC 1952 section 2.2).
    package static func decompress(
        _ bytes: [UInt8], limits: Gunzip.Limits = Gunzip.Limits()
    ) throws(GzipError) -> [UInt8] {
        var contents: [UInt8] = []
        try decompress(bytes, limits: limits, to: &contents)
        return contents
    }

    /// Replaces `contents`, using the room that it has.
    package static func decompress(
        _ bytes: [UInt8], limits: Gunzip.Limits, to contents: inout [UInt8]
    ) throws(GzipError) {
        // Room for what text of that size mostly holds, so that a small stream costs little.
        let chunkByteCount = min(max(4 * bytes.count, 1 << 12), 1 << 18)
        var gunzip = try Gunzip(limits: limits)
        contents.removeAll(keepingCapacity: true)
        var used = 0
        var isFull = true
        while used < bytes.count || isFull {
            let room = limits.room(after: contents.count, upTo: chunkByteCount)
            try contents.append(addingCapacity: room) { output throws(GzipError) in
                used += try gunzip.read(bytes.span.extracting(used...), into: &output)
                isFull = output.freeCapacity == 0
            }
        }
        try gunzip.finish()
    }

    /// One member that holds `bytes`.
    package static func compress(_ bytes: [UInt8], level: Int = 6) throws(GzipError) -> [UInt8] {
        var encoder = try GzipEncoder(level: level, contentsByteCount: bytes.count)
        var stream: [UInt8] = []
        encoder.append(bytes.span, to: &stream)
        return stream
    }
}
