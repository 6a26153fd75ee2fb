// SPDX-License-Identifier: Apache-2.0

/// The grammar `uri-host [":" port]` (RFC 3986 section 3.2.2, RFC 9110 section 7.2), without
/// userinfo, percent escapes and empty hosts.
enum HTTPAuthority {
    static func isValid(_ range: Range<Int>, in bytes: borrowing MutableSpan<UInt8>) -> Bool {
        guard let first = range.first else { return false }
        var index = first
        if bytes[first] == 0x5B {
            while index < range.upperBound, bytes[index] != 0x5D { index += 1 }
            guard index < range.upperBound, isIPv6(first + 1..<index, in: bytes) else {
                return false
            }
            index += 1
        } else {
            while index < range.upperBound, ByteClass.isHost(bytes[index]) { index += 1 }
            guard index > first else { return false }
        }
        guard index < range.upperBound else { return true }
        return bytes[index] == 0x3A && isPort(index + 1..<range.upperBound, in: bytes)
    }

    /// `*DIGIT`, at most 65535.
    private static func isPort(
        _ range: Range<Int>, in bytes: borrowing MutableSpan<UInt8>
    ) -> Bool {
        guard range.count <= 5 else { return false }
        var port = 0
        for index in range {
            guard ByteClass.isDigit(bytes[index]) else { return false }
            port = port * 10 + Int(bytes[index] - 0x30)
        }
        return port <= 65_535
    }

    /// Eight groups of up to four hexadecimal digits, the last two also as an IPv4 address; one run
    /// of groups may be left out as `::` (RFC 4291 section 2.2). No zone.
    private static func isIPv6(
        _ range: Range<Int>, in bytes: borrowing MutableSpan<UInt8>
    ) -> Bool {
        var groupCount = 0
        var isShortened = false
        var index = range.lowerBound
        while index < range.upperBound {
            if bytes[index] == 0x3A {
                // A colon here is the second of two, or the first byte of all.
                guard !isShortened else { return false }
                if index == range.lowerBound {
                    guard range.count > 1, bytes[index + 1] == 0x3A else { return false }
                    index += 1
                }
                isShortened = true
                index += 1
                continue
            }
            let groupStart = index
            while index < range.upperBound, ByteClass.hexadecimal(bytes[index]) != nil {
                index += 1
            }
            if index < range.upperBound, bytes[index] == 0x2E {
                guard isIPv4(groupStart..<range.upperBound, in: bytes) else { return false }
                groupCount += 2
                break
            }
            guard 1...4 ~= index - groupStart else { return false }
            groupCount += 1
            if index < range.upperBound {
                // A colon must have something behind it.
                guard bytes[index] == 0x3A, index + 1 < range.upperBound else { return false }
                index += 1
            }
        }
        return isShortened ? groupCount < 8 : groupCount == 8
    }

    /// Four decimal numbers up to 255 without leading zeros.
    private static func isIPv4(
        _ range: Range<Int>, in bytes: borrowing MutableSpan<UInt8>
    ) -> Bool {
        var count = 0
        var index = range.lowerBound
        while true {
            let start = index
            var value = 0
            while index < range.upperBound, ByteClass.isDigit(bytes[index]), index - start < 3 {
                value = value * 10 + Int(bytes[index] - 0x30)
                index += 1
            }
            guard index > start, value <= 255, index - start == 1 || bytes[start] != 0x30 else {
                return false
            }
            count += 1
            if index == range.upperBound { return count == 4 }
            guard bytes[index] == 0x2E, count < 4 else { return false }
            index += 1
        }
    }
}
