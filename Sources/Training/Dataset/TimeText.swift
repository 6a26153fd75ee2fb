// SPDX-License-Identifier: Apache-2.0
import CSV

/// An ISO 8601 date, with or without a time of day: `2026-11`, `2026-11-21`,
/// `2026-11-21T15:36:20.25+01:00`; a space may stand for the `T`.
///
/// What names no offset is taken for UTC. Times compare by the instant that they name, whatever
/// their notation.
struct TimeText: Comparable {
    /// Since 1970-01-01T00:00:00 in UTC.
    private let seconds: Int
    private let nanoseconds: Int

    /// `nil` where the text, blanks around it aside, is no such date of the Gregorian calendar.
    init?(_ text: Span<UInt8>) {
        let range = text.trimmingBlanks(0..<text.count)
        var reader = Reader(index: range.lowerBound, end: range.upperBound)
        guard let year = reader.number(text, digits: 4), reader.skip(0x2D, text),
            let month = reader.number(text, digits: 2), 1...12 ~= month
        else { return nil }
        var day = 1
        var time = (seconds: 0, nanoseconds: 0)
        if reader.skip(0x2D, text) {
            guard let number = reader.number(text, digits: 2), number >= 1,
                number <= Self.dayCount(ofMonth: month, year: year)
            else { return nil }
            day = number
            if reader.skip(0x54, text) || reader.skip(0x74, text) || reader.skip(0x20, text) {
                guard let read = reader.timeOfDay(text) else { return nil }
                time = read
            }
        }
        guard reader.index == reader.end else { return nil }
        seconds = Self.dayNumber(year, month, day) * 86_400 + time.seconds
        nanoseconds = time.nanoseconds
    }

    init?(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(bytes.span)
    }

    static func < (left: Self, right: Self) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    private static func dayCount(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01: H. Hinnant, "chrono-compatible low-level date algorithms" (2013), for
    /// years from 0 on.
    private static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
        // Years begin in March, so that a leap day is the last; 400 years on, none is negative.
        let shifted = year + 400 - (month <= 2 ? 1 : 0)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 865_565
    }
}

extension TimeText {
    /// Takes what it recognises, byte by byte.
    private struct Reader {
        var index: Int
        let end: Int

        mutating func skip(_ byte: UInt8, _ text: Span<UInt8>) -> Bool {
            guard index < end, text[index] == byte else { return false }
            index += 1
            return true
        }

        mutating func number(_ text: Span<UInt8>, digits: Int) -> Int? {
            guard end - index >= digits else { return nil }
            var number = 0
            for _ in 0..<digits {
                let digit = text[index] &- 0x30
                guard digit < 10 else { return nil }
                number = number * 10 + Int(digit)
                index += 1
            }
            return number
        }

        /// `hh:mm[:ss[.f…]]` and an offset; a leap second is the next minute's first.
        mutating func timeOfDay(_ text: Span<UInt8>) -> (seconds: Int, nanoseconds: Int)? {
            guard let hour = number(text, digits: 2), hour < 24, skip(0x3A, text),
                let minute = number(text, digits: 2), minute < 60
            else { return nil }
            var (second, nanoseconds) = (0, 0)
            if skip(0x3A, text) {
                guard let number = number(text, digits: 2), number <= 60 else { return nil }
                second = number
                if skip(0x2E, text) || skip(0x2C, text) {
                    guard let fraction = fraction(text) else { return nil }
                    nanoseconds = fraction
                }
            }
            guard let offset = offset(text) else { return nil }
            return (hour * 3600 + minute * 60 + second - offset, nanoseconds)
        }

        /// Digits beyond the ninth are passed over.
        private mutating func fraction(_ text: Span<UInt8>) -> Int? {
            let start = index
            var (nanoseconds, weight) = (0, 100_000_000)
            while index < end, case let digit = text[index] &- 0x30, digit < 10 {
                nanoseconds += Int(digit) * weight
                weight /= 10
                index += 1
            }
            return index > start ? nanoseconds : nil
        }

        /// Nothing, `Z`, or `±hh[[:]mm]`, in seconds.
        private mutating func offset(_ text: Span<UInt8>) -> Int? {
            if index == end || skip(0x5A, text) || skip(0x7A, text) { return 0 }
            let isNegative = skip(0x2D, text)
            guard isNegative || skip(0x2B, text), let hours = number(text, digits: 2), hours < 24
            else { return nil }
            var minutes = 0
            if skip(0x3A, text) || index < end {
                guard let number = number(text, digits: 2), number < 60 else { return nil }
                minutes = number
            }
            return (isNegative ? -1 : 1) * (hours * 3600 + minutes * 60)
        }
    }
}
