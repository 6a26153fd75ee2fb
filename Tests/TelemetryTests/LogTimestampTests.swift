// SPDX-License-Identifier: Apache-2.0
import Telemetry
import Testing

struct LogTimestampTests {
    static let cases: [(Int, String)] = [
        (0, "1970-01-01T00:00:00.000000Z"),
        (951_782_399_999_999, "2000-02-28T23:59:59.999999Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (1_700_000_000_000_001, "2023-11-14T22:13:20.000001Z"),
        (253_402_300_799_000_000, "9999-12-31T23:59:59.000000Z"),
    ]

    private func text(_ timestamp: LogTimestamp) -> String {
        String(decoding: timestamp.text.indices.map { timestamp.text[$0] }, as: UTF8.self)
    }

    @Test(arguments: cases)
    func isWritten(_ unixMicroseconds: Int, _ expected: String) {
        var timestamp = LogTimestamp()
        timestamp.set(unixMicroseconds: unixMicroseconds)
        #expect(text(timestamp) == expected)
    }

    /// The second is kept from call to call; going on, and back, must change it all the same.
    @Test func followsTheClockBothWays() {
        var timestamp = LogTimestamp()
        for (unixMicroseconds, expected) in Self.cases + Self.cases.reversed() {
            timestamp.set(unixMicroseconds: unixMicroseconds)
            #expect(text(timestamp) == expected)
            timestamp.set(unixMicroseconds: unixMicroseconds / 1_000_000 * 1_000_000 + 7)
            #expect(text(timestamp) == expected.dropLast(7) + "000007Z")
        }
    }
}
