// SPDX-License-Identifier: Apache-2.0

/// Takes dot segments out of a path (RFC 3986 section 5.2.4), so that routing never sees them.
enum PathSegments {
    /// Works in place, moving segments towards the path's start. A dot counts escaped as well
    /// (`%2e`), as the two are equivalent (RFC 3986 section 6.2.2.2).
    ///
    /// - Returns: the path that is left.
    /// - Throws: `malformedTarget` when it climbs above the root.
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
                guard end > path.lowerBound else { throw .malformedTarget }
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

    /// How many dots a segment is made of; 0 when it holds anything else.
    private static func dotCount(
        _ segment: Range<Int>, in bytes: borrowing MutableSpan<UInt8>
    ) -> Int {
        var count = 0
        var index = segment.lowerBound
        while index < segment.upperBound {
            if bytes[index] == 0x2E {
                index += 1
            } else if index + 2 < segment.upperBound, bytes[index] == 0x25,
                bytes[index + 1] == 0x32, bytes[index + 2] | 0x20 == 0x65
            {
                index += 3
            } else {
                return 0
            }
            count += 1
        }
        return count
    }
}
