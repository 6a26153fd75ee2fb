// SPDX-License-Identifier: Apache-2.0
import JSON
import Registry
import Rollout
import Testing

@testable import Serving

struct QualityFloorTests {
    private let name = QualityBook.VersionName(model: "adult", version: 3)

    /// As many labels, of which so many were predicted.
    private static func accuracy(_ count: Int, right: Int) -> ConfidenceSequence {
        var accuracy = ConfidenceSequence()
        for index in 0..<count {
            accuracy.update(index * right / count < (index + 1) * right / count ? 1 : 0)
        }
        return accuracy
    }

    @Test func tellsOfAVersionOnceADay() throws {
        var floor = QualityFloor(accuracy: 0.8)
        let morning = try #require(Timestamp("2026-11-21T08:30:00Z"))
        let accuracy = Self.accuracy(400, right: 200)
        let told = floor.event(name, accuracy, at: morning)
        let first = try #require(told)
        #expect(first.kind == .quality)
        #expect(first.severity == .critical)
        #expect(first.id == "quality-adult-3-2026-11-21")
        #expect(first.model == "adult")
        #expect(first.version == 3)
        #expect(
            first.summary
                == "adult version 3 is right in 50.0 % of 400 labels, below its floor of 80.0 %.")
        #expect(first.detail["mean"]?.number == 0.5)
        #expect(first.detail["floor"]?.number == 0.8)
        #expect(first.detail["labels"]?.integer == 400)
        #expect(try #require(first.detail["high"]?.number) < 0.8)
        let evening = try #require(Timestamp("2026-11-21T23:59:59.999Z"))
        let again = floor.event(name, accuracy, at: evening)
        #expect(again == nil)
        let other = QualityBook.VersionName(model: "adult", version: 4)
        let others = floor.event(other, accuracy, at: evening)
        #expect(others?.version == 4)
        let tomorrow = try #require(Timestamp("2026-11-22"))
        let next = floor.event(name, accuracy, at: tomorrow)
        #expect(next?.id == "quality-adult-3-2026-11-22")
    }

    /// Too few labels, an interval that reaches the floor, and what is good.
    @Test(arguments: [(99, 0), (400, 310), (400, 400), (0, 0)])
    func saysNothingOfWhatMayBeWellEnough(_ count: Int, _ right: Int) {
        var floor = QualityFloor(accuracy: 0.8)
        let accuracy = Self.accuracy(count, right: right)
        let event = floor.event(name, accuracy, at: Timestamp(milliseconds: 0))
        #expect(event == nil)
    }

    @Test func isOffAtZero() {
        var floor = QualityFloor(accuracy: 0)
        let accuracy = Self.accuracy(1000, right: 0)
        let event = floor.event(name, accuracy, at: Timestamp(milliseconds: 0))
        #expect(event == nil)
    }
}
