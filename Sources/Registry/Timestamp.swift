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

    /// Reads RFC 3339: `2026-11-21T08:30:00.000Z`, with as many digits behind the point as there
    /// are, of which three count, or `2026-11-21T09:30:00+01:00`. Parts may be missing from the
    /// end; without a zone it is UTC.
    package init?(_ text: String) {
        var plain = Array(text.utf8)[...]
        guard let offsetMinutes = Self.takeZone(&plain), let fraction = Self.takeFraction(&plain),
            [10, 16, 19].contains(plain.count)
        else { return nil }
        let pattern = Array("0000-00-00T00:00:00".utf8)
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
        parts += repeatElement(0, count: 6 - parts.count)
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
        milliseconds = (seconds - 60 * offsetMinutes) * 1000 + fraction
    }

    /// Takes `Z` or an offset such as `+01:00` from the end of a time; `nil` where it is none.
    private static func takeZone(_ text: inout ArraySlice<UInt8>) -> Int? {
        if text.last == 0x5A {
            text.removeLast()
            return 0
        }
        let zone = Array(text.suffix(6))
        guard text.count > 16, zone[0] == 0x2B || zone[0] == 0x2D, zone[3] == 0x3A else { return 0 }
        let digits = [zone[1], zone[2], zone[4], zone[5]]
        guard digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        let numbers = digits.map { Int($0 - 0x30) }
        let (hours, minutes) = (10 * numbers[0] + numbers[1], 10 * numbers[2] + numbers[3])
        guard hours < 24, minutes < 60 else { return nil }
        text.removeLast(6)
        return (zone[0] == 0x2D ? -1 : 1) * (60 * hours + minutes)
    }

    /// Takes the fraction of a second from the end of a time, in milliseconds.
    private static func takeFraction(_ text: inout ArraySlice<UInt8>) -> Int? {
        guard text.count > 19, let point = text.firstIndex(of: 0x2E) else { return 0 }
        let digits = text[(point + 1)...]
        guard !digits.isEmpty, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        let scaled = (digits + [0x30, 0x30]).prefix(3)
        text = text[..<point]
        return scaled.reduce(0) { 10 * $0 + Int($1 - 0x30) }
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
