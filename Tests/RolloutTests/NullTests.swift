// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Rollout

/// Ville's inequality, by trial: under its null hypothesis, at the very edge of it, a process ever
/// reaches 20 in one of 20 runs at most, looked at after every event.
struct NullTests {
    static let runs = 1000
    static let events = 200
    /// 50 expected at most; four standard deviations above.
    static let limit = 78

    /// SplitMix64 from [0, 1).
    struct Draws {
        var state: UInt64

        mutating func next() -> Double {
            state &+= 0x9e37_79b9_7f4a_7c15
            return Double(KeyHash(state).sampleRank >> 11) * 0x1p-53
        }
    }

    static func count(
        of process: EProcess, _ update: (inout EProcess, inout Draws) -> Void
    ) -> Int {
        var draws = Draws(state: 42)
        var count = 0
        for _ in 0..<runs {
            var process = process
            for _ in 0..<events {
                update(&process, &draws)
                guard process.value < 20 else {
                    count += 1
                    break
                }
            }
        }
        return count
    }

    @Test(arguments: [0.005, 0.05])
    func suspicionIsRare(limit: Double) {
        let test = RateTest.suspicion(limit: limit)
        let count = Self.count(of: EProcess(alternatives: 4, restarts: .after(10_000))) {
            $0.update(test[$1.next() < limit])
        }
        #expect(count > 0 && count <= Self.limit)
    }

    /// The candidate's rate is 1.1 times the stable version's.
    @Test(arguments: [0.01, 0.1, 0.5])
    func blameIsRare(share: Double) throws {
        let test = ShareTest.excess(tolerance: 0.1)
        let candidate = try #require(test.factors(candidate: true, share: share))
        let stable = try #require(test.factors(candidate: false, share: share))
        let edge = 1.1 * share / (1.1 * share + 1 - share)
        let count = Self.count(of: EProcess(alternatives: 6, restarts: .after(300))) {
            $0.update($1.next() < edge ? candidate : stable)
        }
        #expect(count > 0 && count <= Self.limit)
    }

    @Test func pairsAreFair() {
        let count = Self.count(of: EProcess(alternatives: 3, restarts: .after(100))) {
            $0.update(RateTest.discordance[$1.next() < 0.5])
        }
        #expect(count > 0 && count <= Self.limit)
    }

    @Test func acceptanceOfALimitIsRare() {
        let test = RateTest.acceptance(limit: 0.05)
        let process = EProcess(shares: RateTest.acceptanceShares, restarts: .none)
        let count = Self.count(of: process) { $0.update(test[$1.next() < 0.05]) }
        #expect(count > 0 && count <= Self.limit)
    }

    /// A batch is one event: its sum of good and bad has no order to exploit.
    @Test func batchesAreFair() {
        let test = RateTest.suspicion(limit: 0.02)
        let count = Self.count(of: EProcess(alternatives: 4, restarts: .after(10_000))) {
            for _ in 0..<10 { $0.stage(test[$1.next() < 0.02]) }
            $0.commit()
        }
        #expect(count > 0 && count <= Self.limit)
    }

    @Test func bettingIsFair() {
        var draws = Draws(state: 7)
        var count = 0
        for _ in 0..<Self.runs {
            var process = BettingProcess(restarts: .after(300))
            for _ in 0..<Self.events where process.value < 20 {
                process.update(draws.next() * 2 - 1)
            }
            if process.value >= 20 { count += 1 }
        }
        #expect(count <= Self.limit)
    }

    @Test func sampleRatiosAreFair() {
        var draws = Draws(state: 9)
        var count = 0
        for _ in 0..<Self.runs {
            var ratio = SampleRatio(shares: [0.1, 0.9])
            for event in 0..<Self.events where ratio.value < 20 {
                if event == 100 { ratio.change(shares: [0.5, 0.5]) }
                ratio.update(arm: draws.next() < (event < 100 ? 0.1 : 0.5) ? 0 : 1)
            }
            if ratio.value >= 20 { count += 1 }
        }
        #expect(count > 0 && count <= Self.limit)
    }
}
