// SPDX-License-Identifier: Apache-2.0

/// Brings a path into the one form that routing sees (RFC 3986 section 6.2.2), in place.
enum PathSegments {
    /// Undoes the escapes of unreserved characters, which mean the same either way (RFC 3986
    /// section 6.2.2.2). It is done once, and no other escape is touched: `%2F` is no separator and
    /// `%2541` no letter.
    ///
    /// - Precondition: each percent sign has two hexadecimal digits behind it.
    /// - Returns: the path that is left.
    static func unescapeUnreserved(
        _ path: Range<Int>, in bytes: inout MutableSpan<UInt8>
    ) -> Range<Int> {
        var end = path.lowerBound
        var index = path.lowerBound
        while index < path.upperBound {
            var byte = bytes[index]
            if let escaped = bytes.escapedByte(at: index, before: path.upperBound),
                ByteClass.isUnreserved(escaped)
            {
                byte = escaped
                index += 2
            }
            end = append(byte, at: end, to: &bytes)
            index += 1
        }
        return path.lowerBound..<end
    }

    /// Takes dot segments out (RFC 3986 section 5.2.4), moving segments towards the path's start.
    ///
    /// - Returns: the path that is left.
    /// - Throws: `pathAboveRoot` when it climbs above the root.
    static func removeDots(
        _ path: Range<Int>, in bytes: inout MutableSpan<UInt8>
    ) throws(HTTPParseError) -> Range<Int> {
        var end = path.lowerBound
        var start = path.lowerBound
        while start < path.upperBound {
            // `start` is at a slash.
            var next = start + 1
            while next < path.upperBound, bytes[next] != 0x2F { next += 1 }
            let isLast = next == path.upperBound
            switch dotCount(start + 1..<next, in: bytes) {
            case 1:
                if isLast { end = append(0x2F, at: end, to: &bytes) }
            case 2:
                guard end > path.lowerBound else { throw .pathAboveRoot }
                repeat { end -= 1 } while bytes[end] != 0x2F
                if isLast { end = append(0x2F, at: end, to: &bytes) }
            default:
                for index in start..<next { end = append(bytes[index], at: end, to: &bytes) }
            }
            start = next
        }
        return path.lowerBound..<end
    }

    private static func append(
        _ byte: UInt8, at end: Int, to bytes: inout MutableSpan<UInt8>
    ) -> Int {
        bytes[end] = byte
        return end + 1
    }

    /// 1 or 2 for a dot segment; 0 for any other.
    private static func dotCount(
        _ segment: Range<Int>, in bytes: borrowing MutableSpan<UInt8>
    ) -> Int {
        guard segment.count <= 2 else { return 0 }
        for index in segment where bytes[index] != 0x2E { return 0 }
        return segment.count
    }
}

extension MutableSpan<UInt8> {
    /// What the percent escape at `index` stands for; `nil` if there is none (RFC 3986 section
    /// 2.1).
    func escapedByte(at index: Int, before end: Int) -> UInt8? {
        guard self[index] == 0x25, index + 2 < end,
            let high = ByteClass.hexadecimal(self[index + 1]),
            let low = ByteClass.hexadecimal(self[index + 2])
        else { return nil }
        return high << 4 | low
    }
}
