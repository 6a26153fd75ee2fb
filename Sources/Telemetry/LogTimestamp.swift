// SPDX-License-Identifier: Apache-2.0
import Glibc

/// `2026-11-21T07:10:58.123456Z` (RFC 3339, UTC), of which all but the last digits is kept for a
/// second.
package struct LogTimestamp: Sendable {
    /// ASCII; of no meaning before `set`.
    package private(set) var text = InlineArray<27, UInt8>(repeating: 0x30)
    private var second = Int.min

    package init() {}

    /// - Parameter unixMicroseconds: from 1970 to 9999.
    package mutating func set(unixMicroseconds: Int) {
        let second = unixMicroseconds / 1_000_000
        if second != self.second {
            self.second = second
            setSecond()
        }
        write(unixMicroseconds % 1_000_000, digitCount: 6, at: 20)
    }

    private mutating func setSecond() {
        var civil = tm()
        gmtime_r(&second, &civil)
        write(Int(civil.tm_year) + 1900, digitCount: 4, at: 0)
        text[4] = 0x2D
        write(Int(civil.tm_mon) + 1, digitCount: 2, at: 5)
        text[7] = 0x2D
        write(Int(civil.tm_mday), digitCount: 2, at: 8)
        text[10] = 0x54
        write(Int(civil.tm_hour), digitCount: 2, at: 11)
        text[13] = 0x3A
        write(Int(civil.tm_min), digitCount: 2, at: 14)
        text[16] = 0x3A
        write(Int(civil.tm_sec), digitCount: 2, at: 17)
        text[19] = 0x2E
        text[26] = 0x5A
    }

    private mutating func write(_ number: Int, digitCount: Int, at place: Int) {
        var rest = UInt32(truncatingIfNeeded: number)
        for offset in (0..<digitCount).reversed() {
            text[place + offset] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}
