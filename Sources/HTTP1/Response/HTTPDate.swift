// SPDX-License-Identifier: Apache-2.0

/// `IMF-fixdate` (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
package enum HTTPDate {
    /// - Parameter unixSeconds: from 1970 to 9999.
    package static func append(unixSeconds: Int, to buffer: inout [UInt8]) {
        let days = unixSeconds / 86_400
        let second = unixSeconds % 86_400
        let (year, month, day) = civil(days: days)
        append(weekdays, (days + 4) % 7, to: &buffer)
        buffer.append(", ")
        appendTwoDigits(day, to: &buffer)
        buffer.append(0x20)
        append(months, month - 1, to: &buffer)
        buffer.append(0x20)
        appendTwoDigits(year / 100, to: &buffer)
        appendTwoDigits(year % 100, to: &buffer)
        buffer.append(0x20)
        appendTwoDigits(second / 3600, to: &buffer)
        buffer.append(0x3A)
        appendTwoDigits(second / 60 % 60, to: &buffer)
        buffer.append(0x3A)
        appendTwoDigits(second % 60, to: &buffer)
        buffer.append(" GMT")
    }

    private static let weekdays: StaticString = "SunMonTueWedThuFriSat"
    private static let months: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"

    private static func append(_ names: StaticString, _ index: Int, to buffer: inout [UInt8]) {
        for offset in 0..<3 { buffer.append(names.utf8Start[index * 3 + offset]) }
    }

    private static func appendTwoDigits(_ number: Int, to buffer: inout [UInt8]) {
        buffer.append(0x30 + UInt8(truncatingIfNeeded: number / 10 % 10))
        buffer.append(0x30 + UInt8(truncatingIfNeeded: number % 10))
    }

    /// The proleptic Gregorian date of a day counted from 1970-01-01, by counting from 0000-03-01,
    /// so that leap days end a year.
    private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
