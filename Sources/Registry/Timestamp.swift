// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A moment in UTC, in milliseconds since 1970; written by RFC 3339.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let milliseconds: Int

    package init(milliseconds: Int) {
        self.milliseconds = milliseconds
    }

    package static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: time.tv_sec * 1000 + time.tv_nsec / 1_000_000)
    }

    /// Reads `2026-11-21`, `2026-11-21T08:30`, `2026-11-21T08:30:00` or `2026-11-21T08:30:00.000`,
    /// each with an optional `Z`.
    package init?(_ text: String) {
        let plain = Array((text.hasSuffix("Z") ? text.dropLast() : text[...]).utf8)
        let pattern = Array("0000-00-00T00:00:00.000".utf8)
        guard [10, 16, 19, 23].contains(plain.count) else { return nil }
        var parts: [Int32] = [0]
        for (byte, expected) in zip(plain, pattern) {
            if expected == 0x30 {
                guard 0x30...0x39 ~= byte else { return nil }
                parts[parts.count - 1] = parts[parts.count - 1] * 10 + Int32(byte - 0x30)
            } else {
                guard byte == expected else { return nil }
                parts.append(0)
            }
        }
        parts += repeatElement(0, count: 7 - parts.count)
        guard 1...12 ~= parts[1], 1...31 ~= parts[2], parts[3] < 24, parts[4] < 60, parts[5] < 61
        else { return nil }
        var civil = tm()
        civil.tm_year = parts[0] - 1900
        civil.tm_mon = parts[1] - 1
        civil.tm_mday = parts[2]
        civil.tm_hour = parts[3]
        civil.tm_min = parts[4]
        civil.tm_sec = parts[5]
        // timegm takes 31 February for 3 March, and says so in what it was given.
        let seconds = timegm(&civil)
        guard parts[0] > 0, parts[5] == 60 || civil.tm_mday == parts[2] else { return nil }
        milliseconds = seconds * 1000 + Int(parts[6])
    }

    package var description: String {
        var seconds = milliseconds / 1000
        var civil = tm()
        gmtime_r(&seconds, &civil)
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let date = [Int(civil.tm_mon) + 1, Int(civil.tm_mday)]
        let time = [civil.tm_hour, civil.tm_min, civil.tm_sec].map { padded(Int($0), 2) }
        return padded(Int(civil.tm_year) + 1900, 4) + "-"
            + date.map { padded($0, 2) }.joined(separator: "-") + "T"
            + time.joined(separator: ":") + "." + padded(milliseconds % 1000, 3) + "Z"
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
}
