// SPDX-License-Identifier: Apache-2.0
import Glibc

extension Timestamp {
    /// The longest that is read: `2026-11-21T08:30:05.123456789+02:00`.
    private static let textByteCountMax = 35
    /// The first moment of the year 1, and the last of 9999.
    private static let secondsRange = -62_135_596_800...253_402_300_799

    /// Reads a moment by RFC 3339 section 5.6: with an offset or `Z`, in either case, and up to
    /// nine digits of a second's fraction, of which three count. Beyond that a text may end after
    /// the day, the minute or the second, which is then in UTC; an offset needs a time.
    ///
    /// A leap second is where there may be one, at 23:59:60 in UTC, and the same as the second
    /// that follows.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.textByteCountMax else { return nil }
        var rest = Array(text.utf8)[...]
        guard let year = rest.takeNumber(4), year > 0, rest.take("-"),
            let month = rest.takeNumber(2), 1...12 ~= month, rest.take("-"),
            let day = rest.takeNumber(2), 1...Self.dayCount(month, year) ~= day
        else { return nil }
        var (hour, minute, second, fraction, offset) = (0, 0, 0, 0, 0)
        if rest.take("T") || rest.take("t") {
            guard let hours = rest.takeNumber(2), hours < 24, rest.take(":"),
                let minutes = rest.takeNumber(2), minutes < 60
            else { return nil }
            (hour, minute) = (hours, minutes)
            if rest.take(":") {
                guard let seconds = rest.takeNumber(2), seconds <= 60 else { return nil }
                second = seconds
                if rest.take(".") {
                    guard let milliseconds = rest.takeFraction() else { return nil }
                    fraction = milliseconds
                }
            }
            if rest.first == 0x2B || rest.first == 0x2D {
                guard let minutes = rest.takeOffset(), rest.isEmpty else { return nil }
                offset = minutes
            }
        }
        _ = rest.take("Z") || rest.take("z")
        guard rest.isEmpty else { return nil }
        var civil = tm()
        civil.tm_year = Int32(year - 1900)
        civil.tm_mon = Int32(month - 1)
        civil.tm_mday = Int32(day)
        let minuteOfDay = hour * 60 + minute - offset
        guard second < 60 || (minuteOfDay + 1_440) % 1_440 == 1_439 else { return nil }
        let seconds = timegm(&civil) + minuteOfDay * 60 + second
        guard Self.secondsRange ~= seconds else { return nil }
        self.init(milliseconds: seconds * 1000 + fraction)
    }

    private static func dayCount(_ month: Int, _ year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2:
            year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
                ? 29 : 28
        default: 31
        }
    }
}

extension ArraySlice<UInt8> {
    fileprivate mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard first == UInt8(ascii: character) else { return false }
        removeFirst()
        return true
    }

    /// A number of so many digits.
    fileprivate mutating func takeNumber(_ digitCount: Int) -> Int? {
        guard count >= digitCount else { return nil }
        var number = 0
        for byte in prefix(digitCount) {
            guard 0x30...0x39 ~= byte else { return nil }
            number = number * 10 + Int(byte - 0x30)
        }
        removeFirst(digitCount)
        return number
    }

    /// One to nine digits after the point, in milliseconds.
    fileprivate mutating func takeFraction() -> Int? {
        let digits = prefix { 0x30...0x39 ~= $0 }
        guard 1...9 ~= digits.count else { return nil }
        removeFirst(digits.count)
        var milliseconds = 0
        for place in 0..<3 {
            let digit = place < digits.count ? Int(digits[digits.startIndex + place] - 0x30) : 0
            milliseconds = milliseconds * 10 + digit
        }
        return milliseconds
    }

    /// An offset in minutes.
    fileprivate mutating func takeOffset() -> Int? {
        let sign = removeFirst()
        guard let hours = takeNumber(2), hours < 24, take(":"), let minutes = takeNumber(2),
            minutes < 60
        else { return nil }
        return (sign == 0x2D ? -1 : 1) * (hours * 60 + minutes)
    }
}
