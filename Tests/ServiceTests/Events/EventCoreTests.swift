// SPDX-License-Identifier: Apache-2.0
import JSON
import Serving
import Testing
import martlet

extension ServiceEvent {
    /// What the tests of this folder tell.
    static func sample(
        _ id: String = "drift/adult/3/age", model: String = "adult", kind: Kind = .drift,
        severity: Severity = .warning
    ) -> ServiceEvent {
        ServiceEvent(
            kind: kind, id: id, model: model, version: 3, severity: severity,
            summary: "age <moved> & \"more\"", at: 1_795_280_400_000,
            detail: ["feature": "age", "psi": 0.31])
    }
}

struct RetryTests {
    @Test(
        arguments: [
            (0.0, [1000, 2000, 4000, 8000]), (1.0, [500, 1000, 2000, 4000]),
            (0.5, [750, 1500, 3000, 6000]), (-1.0, [1000, 2000, 4000, 8000]),
        ] as [(Double, [Int])])
    func doublesAndGivesUpAtTheFifth(jitter: Double, delays: [Int]) {
        var retry = Retry()
        for delay in delays {
            let given = retry.failed(jitter: jitter)
            #expect(given == delay)
        }
        let last = retry.failed(jitter: jitter)
        #expect(last == nil)
        #expect(retry.failureCount == Retry.attemptCountMax)
    }

    @Test func waitsAsLongAsItIsAskedTo() {
        for (asked, delay) in [(7, 7000), (0, 1000), (.max, 60_000)] as [(Int, Int)] {
            var retry = Retry()
            let given = retry.failed(jitter: 0, askedSeconds: asked)
            #expect(given == delay)
        }
    }
}

struct DeduplicationTests {
    @Test func anIdCountsOnceInItsWindow() {
        var told = Deduplication(windowNanoseconds: 100, idCountMax: 10)
        let answers = [
            ("a", 0), ("a", 50), ("b", 60), ("a", 99), ("a", 100), ("b", 159), ("b", 160),
        ]
        .map { told.admits($0.0, at: UInt64($0.1)) }
        #expect(answers == [true, false, true, false, true, false, true])
    }

    @Test func theOldestIsForgottenAboveTheLimit() {
        var told = Deduplication(windowNanoseconds: .max, idCountMax: 2)
        let answers = ["a", "b", "c", "b", "a"].map { told.admits($0, at: 1) }
        #expect(answers == [true, true, true, false, true])
        #expect(told.idCount == 2)
    }

    /// Its memory follows the window, and not all that ever came.
    @Test func forgetsWhatHasPassed() {
        var told = Deduplication(windowNanoseconds: 10, idCountMax: 1_000_000)
        for time in 0..<10_000 {
            let isNew = told.admits("\(time)", at: UInt64(time))
            #expect(isNew)
        }
        #expect(told.idCount == 10)
    }
}

struct BoundedQueueTests {
    @Test func theOldestGoesFirstAndIsTheOneThatHasToGo() {
        var queue = BoundedQueue<ServiceEvent>(countMax: 2)
        let dropped = ["a", "b", "c"].map { queue.append(.sample($0))?.id }
        #expect(dropped == [nil, nil, "a"])
        let order = (0..<3).map { _ in queue.next()?.id }
        #expect(order == ["b", "c", nil])
        #expect(queue.count == 0)
    }
}

struct RetrainTriggerTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func aModelCoolsDownFromItsStart() {
        var trigger = RetrainTrigger(cooldownSeconds: 100)
        let first = trigger.decide("a", at: 5 * Self.second)
        #expect(first == .run)
        let during = trigger.decide("b", at: 6 * Self.second)
        #expect(during == .inFlight(model: "a"))
        trigger.finish()
        let soon = trigger.decide("a", at: 7 * Self.second + 1)
        #expect(soon == .coolingDown(secondsLeft: 98))
        // Skipped while another ran, so it has no cool-down of its own.
        let other = trigger.decide("b", at: 8 * Self.second)
        #expect(other == .run)
        trigger.finish()
        let last = trigger.decide("a", at: 105 * Self.second - 1)
        #expect(last == .coolingDown(secondsLeft: 1))
        let again = trigger.decide("a", at: 105 * Self.second)
        #expect(again == .run)
    }

    @Test func withoutACoolDownOnlyOneIsInFlight() {
        var trigger = RetrainTrigger(cooldownSeconds: 0)
        let first = trigger.decide("a", at: 1)
        let second = trigger.decide("a", at: 1)
        trigger.finish()
        let third = trigger.decide("a", at: 1)
        #expect([first, second, third] == [.run, .inFlight(model: "a"), .run])
    }
}

struct OutputLinesTests {
    @Test func linesAreCutAndNotAllAreKept() {
        var lines = OutputLines()
        var kept: [String] = []
        lines.append("one\ntw".utf8) { kept.append($0) }
        lines.append("o\n\nthree".utf8) { kept.append($0) }
        #expect(kept == ["one", "two", ""])
        lines.finish { kept.append($0) }
        lines.finish { kept.append($0) }
        #expect(kept == ["one", "two", "", "three"])
        lines.append(String(repeating: "x", count: 2500).utf8) { kept.append($0) }
        lines.append("\n".utf8) { kept.append($0) }
        #expect(kept.dropFirst(4).map(\.count) == [1000, 1000, 500])
        for _ in 0..<5000 { lines.append("y\n".utf8) { kept.append($0) } }
        #expect(kept.count == 1001)
        #expect(kept.last == "(what follows is not logged)")
    }
}
