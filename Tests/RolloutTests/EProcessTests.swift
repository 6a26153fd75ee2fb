// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Rollout

/// The vectors of the rules' simulation: made by another program in another language.
struct EProcessTests {
    static let suspicion = RateTest.suspicion(limit: 0.005)

    static func isNear(_ value: Double, _ expected: Double, digits: Double = 1e-5) -> Bool {
        abs(value - expected) <= abs(expected) * digits
    }

    /// Good events, then bad ones, and the value after them.
    static let accusations: [(good: Int, bad: Int, value: Double)] = [
        (0, 1, 36.5265), (0, 2, 5745.6227), (1000, 0, 0.2754912), (1000, 3, 41.2406),
        (1000, 4, 7280.58), (20_000, 4, 978.938),
    ]

    @Test(arguments: accusations)
    func suspects(good: Int, bad: Int, value: Double) {
        var process = EProcess(alternatives: 4, restarts: .after(10_000))
        process.update(Self.suspicion.good, times: UInt64(good))
        process.update(Self.suspicion.bad, times: UInt64(bad))
        #expect(Self.isNear(process.value, value))
    }

    static let blames: [(share: Double, events: String, value: Double)] = [
        (0.1, "ccsccc", 618.587), (0.01, "ccc", 499.305), (0.5, "ccccccccccccc", 494.535),
    ]

    @Test(arguments: blames)
    func blamesTheCandidate(share: Double, events: String, value: Double) throws {
        let test = ShareTest.excess(tolerance: 0.1)
        var process = EProcess(alternatives: test.count, restarts: .after(300))
        for event in events {
            process.update(try #require(test.factors(candidate: event == "c", share: share)))
        }
        #expect(Self.isNear(process.value, value))
    }

    @Test(arguments: [0.0, 1.0])
    func oneArmAloneBlamesNoOne(share: Double) {
        let test = ShareTest.excess(tolerance: 0.1)
        #expect(test.factors(candidate: true, share: share) == nil)
        #expect(test.factors(candidate: false, share: share) == nil)
    }

    static let discordant: [(stableOnly: Int, candidateOnly: Int, value: Double)] = [
        (0, 11, 317.729), (0, 12, 589.755), (0, 13, 1098.889), (2, 14, 66.5432),
    ]

    @Test(arguments: discordant)
    func comparesPairs(stableOnly: Int, candidateOnly: Int, value: Double) {
        var process = EProcess(alternatives: 3, restarts: .after(100))
        process.update(RateTest.discordance.good, times: UInt64(stableOnly))
        process.update(RateTest.discordance.bad, times: UInt64(candidateOnly))
        #expect(Self.isNear(process.value, value))
    }

    /// McNemar's one-sided form with θ of .55, .65, .8 and no restarts.
    @Test func equalsMcNemarOneSided() {
        let test = RateTest.coin([0.55, 0.65, 0.8])
        var process = EProcess(alternatives: 3, restarts: .none)
        process.update(test.bad, times: 14)
        process.update(test.good, times: 2)
        #expect(Self.isNear(process.value, 45.8871))
    }

    /// Good events in a row until 20 is reached, by the alternatives.
    @Test(arguments: [(0.01, 332), (0.005, 664), (0.001, 3327)])
    func acceptsAfterAsManyGood(limit: Double, count: UInt64) {
        let test = RateTest(limit: limit, alternatives: [limit / 10])
        var process = EProcess(alternatives: 1, restarts: .none)
        process.update(test.good, times: count - 1)
        #expect(process.value < 20)
        process.update(test.good)
        #expect(process.value >= 20)
    }

    /// The absolute test alone; half of it beside a relative one that has seen nothing, or is lost.
    @Test(arguments: [
        (1.0, 0.0, UInt64(744)), (0.5, 0.5, UInt64(902)), (0.5, 0.0, UInt64(908)),
    ])
    func acceptsByTheMixture(absolute: Double, relative: Double, count: UInt64) {
        let test = RateTest.acceptance(limit: 0.005)
        var process = EProcess(shares: RateTest.acceptanceShares, restarts: .none)
        process.update(test.good, times: count - 1)
        #expect(absolute * process.value + relative < 20)
        process.update(test.good)
        #expect(absolute * process.value + relative >= 20)
    }

    @Test func beginsAtOne() {
        for restarts in [EProcess.Restarts.none, .after(100)] {
            var process = EProcess(alternatives: 3, restarts: restarts)
            #expect(process.value == 1)
            process.commit()
            #expect(process.value == 1 && process.events == 0)
        }
    }

    @Test func aBatchIsOneEvent() {
        var batch = EProcess(alternatives: 4, restarts: .after(10_000))
        batch.stage(Self.suspicion.good, times: 50)
        batch.stage(Self.suspicion.bad, times: 3)
        #expect(batch.value == 1)
        batch.commit()
        var product = EProcess.Lanes(repeating: 1)
        for _ in 0..<50 { product *= Self.suspicion.good }
        for _ in 0..<3 { product *= Self.suspicion.bad }
        var single = EProcess(alternatives: 4, restarts: .after(10_000))
        single.update(product)
        #expect(batch.events == 1)
        #expect(Self.isNear(batch.value, single.value, digits: 1e-12))
    }

    /// In whatever order servers report.
    @Test func aBatchHasNoOrder() {
        var left = EProcess(alternatives: 3, restarts: .after(100))
        var right = left
        left.stage(RateTest.discordance.bad, times: 4)
        left.stage(RateTest.discordance.good, times: 2)
        right.stage(RateTest.discordance.good, times: 2)
        right.stage(RateTest.discordance.bad, times: 4)
        left.commit()
        right.commit()
        #expect(Self.isNear(left.value, right.value, digits: 1e-14))
    }

    @Test func staysANumber() {
        var process = EProcess(alternatives: 4, restarts: .after(10_000))
        process.stage(Self.suspicion.bad, times: .max)
        process.stage(Self.suspicion.good, times: .max)
        process.commit()
        process.update(Self.suspicion.bad, times: 5000)
        #expect(process.value.isFinite && process.value >= 1e100)
        process.update(Self.suspicion.good, times: 100_000)
        #expect(process.value.isFinite && process.value > 0)
        process.update(Self.suspicion.bad, times: 10)
        #expect(process.value > 100)
    }

    @Test func resets() {
        var process = EProcess(alternatives: 4, restarts: .after(10_000))
        let fresh = process
        process.update(Self.suspicion.bad, times: 3)
        process.stage(Self.suspicion.bad)
        process.reset()
        #expect(process == fresh)
    }

    @Test func recoversAfterAsManyGood() {
        var recovery = Recovery(limit: 0.005)
        for _ in 0..<663 { recovery.update(isBad: false) }
        #expect(recovery.value < 20)
        recovery.update(isBad: false)
        #expect(recovery.value >= 20)
        recovery.update(isBad: true)
        #expect(recovery.value < 2.1)
        for _ in 0..<5 { recovery.update(isBad: true) }
        #expect(Self.isNear(recovery.value, 0.1))
    }
}
