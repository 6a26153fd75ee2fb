// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Training

struct TimeTextTests {
    @Test(
        arguments: [
            ("0000-01-01", "0000-02-29"), ("1969-12-31T23:59:59.999999999", "1970-01-01"),
            ("2000-02-29", "2000-03-01"), ("2026-10", "2026-10-02"), ("2026-12-31", "2027-01-01"),
            ("2026-11-21T09:00", "2026-11-21 10:00"),
            ("2026-11-21T10:00:00.2", "2026-11-21T10:00:00,25"),
            ("2026-11-21T10:00:00+02:00", "2026-11-21T09:00:00Z"),
            ("2026-11-21T23:30:00Z", "2026-11-21T23:30:00-0100"),
            (" 2026-11-21\t", "2026-11-21T00:00:00-00:01"),
        ])
    func ordersByTheInstant(earlier: String, later: String) throws {
        let times = (try #require(TimeText(earlier)), try #require(TimeText(later)))
        #expect(times.0 < times.1)
        #expect(!(times.1 < times.0))
    }

    @Test(
        arguments: [
            ("2026-11-21", "2026-11-21T00:00:00Z"), ("2026-11", "2026-11-01"),
            ("2026-11-21T10:00:00+01", "2026-11-21t09:00z"),
            ("2026-12-31T23:59:60Z", "2027-01-01"),
        ])
    func equatesNotationsOfOneInstant(left: String, right: String) throws {
        let times = (try #require(TimeText(left)), try #require(TimeText(right)))
        #expect(times.0 == times.1)
    }

    @Test(
        arguments: [
            "", "2026", "20261121", "2026-13", "2026-00-01", "2026-02-29", "1900-02-29",
            "2026-04-31", "2026-11-21T", "2026-11-21T24:00", "2026-11-21T10", "2026-11-21T10:60",
            "2026-11-21T10:00:61", "2026-11-21T10:00:00.", "2026-11-21T10:00+", "2026-11-21 x",
            "2026-11-21T10:00+01:", "2026-11-21T10:00+24:00", "21.11.2026", "yesterday", "-2026-11",
        ])
    func refusesWhatIsNoTime(text: String) {
        #expect(TimeText(text) == nil)
    }
}
