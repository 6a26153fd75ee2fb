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

    package var description: String {
        // Before 1970 too, fractions count upwards.
        let fraction = (milliseconds % 1000 + 1000) % 1000
        var seconds = (milliseconds - fraction) / 1000
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
            + time.joined(separator: ":") + "." + padded(fraction, 3) + "Z"
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
}
