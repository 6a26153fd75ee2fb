// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Rollout

struct StatisticsTests {
    static func isNear(_ value: Double, _ expected: Double, _ error: Double) -> Bool {
        abs(value - expected) <= error
    }

    @Test func sampleRatioEqualsBetaMixture() {
        var ratio = SampleRatio(shares: [0.1, 0.9])
        for event in "cscscscscscscscscsss" { ratio.update(arm: event == "c" ? 0 : 1) }
        #expect(Self.isNear(ratio.value, 261.8572, 1e-4))
    }

    /// McNemar two-sided is a fair sample ratio with a uniform prior: 2¹⁶·B(3, 15).
    @Test func sampleRatioEqualsMcNemarTwoSided() {
        var ratio = SampleRatio(shares: [0.5, 0.5])
        for index in 0..<16 { ratio.update(arm: index < 14 ? 0 : 1) }
        #expect(Self.isNear(ratio.value, 32.1255, 1e-4))
    }

    @Test func sampleRatioGoesOnThroughSteps() {
        var ratio = SampleRatio(shares: [0.1, 0.9])
        for _ in 0..<5 { ratio.update(arm: 0) }
        let value = ratio.value
        ratio.change(shares: [0.5, 0.5])
        #expect(ratio.value == value)
        ratio.update(arm: 0)
        #expect(ratio.value == value)
        ratio.update(arm: 0)
        #expect(ratio.value > value)
        ratio.update(arm: 9)
        ratio.update(arm: -1)
        ratio.reset()
        #expect(ratio.value == 1)
    }

    @Test func confidenceSequence() {
        let width = ConfidenceSequence.halfWidth(
            deviation: 1, count: 1000, alpha: 0.05, tuning: 0.01)
        #expect(Self.isNear(width, 0.0960640, 5e-8))
    }

    @Test func confidenceSequencesAddUp() throws {
        let values = (0..<100).map { Double($0 * $0 % 17) }
        var whole = ConfidenceSequence()
        for value in values { whole.update(value) }
        var left = ConfidenceSequence()
        var right = ConfidenceSequence()
        for value in values.prefix(30) { left.update(value) }
        for value in values.dropFirst(30) { right.update(value) }
        left.merge(right)
        left.merge(ConfidenceSequence())
        left.update(.nan)
        #expect(left.count == 100)
        #expect(Self.isNear(left.mean, whole.mean, 1e-12))
        #expect(Self.isNear(left.variance, whole.variance, 1e-12))
        #expect(ConfidenceSequence().halfWidth(alpha: 0.05) == nil)
        let half = try #require(whole.halfWidth(alpha: 0.05))
        #expect(half > 0)
    }

    @Test func propensityScores() {
        #expect(inversePropensityScore(value: 2, isCandidate: true, share: 0.25) == 8)
        #expect(inversePropensityScore(value: 3, isCandidate: false, share: 0.25) == -4)
        #expect(inversePropensityScore(value: 3, isCandidate: false, share: 1) == nil)
    }

    @Test func distributionBand() throws {
        let closed = try #require(DistributionBand.width(count: 1000, from: 100, alpha: 0.05))
        #expect(Self.isNear(closed, 0.0828455, 5e-8))
        let tight = try #require(
            DistributionBand.width(count: 1000, from: 100, alpha: 0.05, constant: 8.1227))
        #expect(Self.isNear(tight, 0.0820476, 5e-7))
        #expect(DistributionBand.width(count: 99, from: 100, alpha: 0.05) == nil)
    }

    @Test func bettingFindsALoss() {
        var process = BettingProcess(restarts: .none)
        for index in 0..<2000 { process.update(index.isMultiple(of: 3) ? -0.3 : 0.25) }
        #expect(process.value > 700)
        #expect(Self.isNear(process.average, 0.0666, 0.001))
        process.update(.nan)
        process.update(.infinity)
        process.update(-.infinity)
        #expect(process.value.isFinite)
    }

    @Test func bettingFindsNoGain() {
        var process = BettingProcess(restarts: .none)
        for index in 0..<2000 { process.update(index.isMultiple(of: 3) ? 0.3 : -0.25) }
        #expect(process.value < 20)
    }

    // MARK: Keys

    @Test func aKeyCountsOnce() {
        var sample = KeySample(capacity: 100)
        #expect(sample.insert(KeyHash(7)) == true)
        #expect(sample.insert(KeyHash(7)) == false)
        #expect(sample.count == 1)
    }

    /// Full, it takes every second key by rank, never by bucket.
    @Test func aFullSampleHalves() {
        var sample = KeySample(capacity: 1000)
        let keys = AssignmentTests.hashes(20_000)
        for key in keys { _ = sample.insert(key) }
        #expect(sample.count <= 1000 && sample.count > 300)
        #expect(sample.halvings >= 4)
        let kept = keys.filter(sample.contains)
        #expect(kept.count == sample.count)
        let low = kept.count { $0.bucket < 5000 }
        #expect(abs(low - kept.count / 2) < 80)
        for key in keys where !sample.contains(key) { #expect(sample.insert(key) == false) }
    }

    // MARK: Times

    @Test func quantilesAreOfTheLastThousand() {
        var times = RecentTimes()
        for time in 1...199 { times.record(stable: UInt64(time)) }
        #expect(times.quantile(95) == nil)
        #expect(times.slowness(stable: .max) == [])
        times.record(stable: 200)
        #expect(times.quantile(95) == 190)
        for time in 201...3000 { times.record(stable: UInt64(time)) }
        #expect(times.quantile(1) == 2010)
        #expect(times.quantile(95) == 2950)
        #expect(times.quantile(99) == 2990)
        #expect(times.quantile(100) == 3000)
    }

    @Test func quantilesEqualSorting() {
        var times = RecentTimes()
        var recent: [UInt64] = []
        var state: UInt64 = 5
        for _ in 0..<2500 {
            state = state &* 6_364_136_223_846_793_005 &+ 1
            let time = state >> 60
            times.record(stable: time)
            recent.append(time)
            recent = recent.suffix(1000)
            if recent.count >= 200 {
                let sorted = recent.sorted()
                #expect(times.quantile(95) == sorted[(sorted.count * 95 + 99) / 100 - 1])
            }
        }
    }

    @Test func toleranceIsOfTime() {
        var times = RecentTimes()
        for time in 1...1000 { times.record(stable: UInt64(time * 4)) }
        #expect(times.slowness(stable: 3800) == [])
        #expect(times.slowness(stable: 3801) == .q95)
        #expect(times.slowness(candidate: 4750) == [])
        #expect(times.slowness(candidate: 4751) == .q95)
        #expect(times.slowness(candidate: 4951) == [.q95, .q99])
        for _ in 1...1000 { times.record(stable: .max) }
        #expect(times.slowness(candidate: .max) == [])
    }
}
