// SPDX-License-Identifier: Apache-2.0
import Testing

import HTTPServer

struct TLSReloadScheduleTests {
    private typealias Schedule = TLSReloadSchedule<Int>

    /// Polls once a second with these states of the files; those from `good` on can be used.
    ///
    /// - Returns: the seconds of the loads, and of the failures that count.
    private func run(_ stamps: [Int], good: ClosedRange<Int>) -> (loads: [Int], failures: [Int]) {
        var schedule = Schedule(loaded: 0, atSeconds: 0)
        var loads: [Int] = []
        var failures: [Int] = []
        for (second, stamp) in stamps.enumerated() {
            guard schedule.poll(stamp, atSeconds: UInt64(second)) else { continue }
            loads.append(second)
            if good.contains(stamp) {
                schedule.succeeded(atSeconds: UInt64(second))
            } else if schedule.failed() {
                failures.append(second)
            }
        }
        return (loads, failures)
    }

    @Test func readsNothingThatHasNotChanged() {
        #expect(run(Array(repeating: 0, count: 100), good: 0...9).loads.isEmpty)
    }

    @Test func readsAChangeOnceItHasRested() {
        let (loads, failures) = run([0, 1, 2, 3, 3, 3, 3, 3], good: 0...9)
        #expect(loads == [4])
        #expect(failures.isEmpty)
    }

    /// The certificate is there, its key comes three polls later: no failure, and no flapping.
    @Test func waitsForTheOtherHalf() {
        let (loads, failures) = run([0, 1, 1, 1, 1, 2, 2, 2, 2], good: 2...2)
        #expect(loads == [2, 3, 4, 6])
        #expect(failures.isEmpty)
    }

    @Test func tellsOnceOfFilesThatStayBad() {
        let (loads, failures) = run([0] + Array(repeating: 1, count: 50), good: 2...2)
        #expect(loads == [2, 3, 4, 5, 6])
        #expect(failures == [6])
    }

    @Test func triesAgainWhenBadFilesChange() {
        let stamps = [0] + Array(repeating: 1, count: 10) + [2, 2, 2]
        let (loads, failures) = run(stamps, good: 2...2)
        #expect(loads.last == 12)
        #expect(failures == [6])
    }

    /// The keys of tickets do not live for longer than a day.
    @Test func readsUnchangedFilesOnceADay() {
        let (loads, failures) = run(Array(repeating: 0, count: 200_000), good: 0...0)
        #expect(loads == [86_400, 172_800])
        #expect(failures.isEmpty)
    }

    @Test func aForcedReadingCountsAtOnce() {
        var schedule = Schedule(loaded: 0, atSeconds: 0)
        schedule.force(0)
        let counts = schedule.failed()
        #expect(counts)
        schedule.force(1)
        schedule.succeeded(atSeconds: 5)
        let isDue = schedule.poll(1, atSeconds: 6)
        #expect(!isDue)
    }
}
