// SPDX-License-Identifier: Apache-2.0
import Rollout
import Testing

/// What speaks for a candidate's speed, where requests are too quick for any to be slow.
struct SlowAcceptanceTests {
    private static func controller() throws -> RolloutController {
        var terms = Terms()
        terms.hasShadow = false
        terms.steps = [Weight(basisPoints: 5000)].compactMap { $0 }
        var controller = RolloutController(
            plan: try RolloutPlan(terms), salt: Salt(low: 1, high: 2))
        _ = controller.start(at: 0)
        _ = controller.verified(true, at: 1)
        return controller
    }

    private static func slowAcceptance(after batch: Batch) throws -> Double {
        var controller = try controller()
        _ = controller.observe(batch, at: 2)
        return controller.measures.first { $0.name == "slow_acceptance" }?.value ?? 0
    }

    /// 5 % of the stable version's requests pass its own quantile: a hundred of the candidate's, of
    /// which none does, are enough to say that its are no more.
    @Test func acceptsWhatNobodyCanCallSlow() throws {
        var batch = Batch()
        batch.candidateGood = 40
        #expect(try Self.slowAcceptance(after: batch) < 20)
        batch.candidateGood = 100
        #expect(try Self.slowAcceptance(after: batch) > 20)
    }

    @Test func acceptsNothingThatWasNotTimed() throws {
        var batch = Batch()
        batch.candidateUntimed = 1_000_000
        #expect(try Self.slowAcceptance(after: batch) == 1)
    }

    @Test func refusesACandidateWhoseRequestsAreOftenSlow() throws {
        var tally = Tally()
        for index in 0..<2000 {
            var outcome = RoutedOutcome(
                isCandidate: true, key: KeyHash(UInt64(index)), isSticky: false,
                weight: Weight(basisPoints: 5000) ?? .none, hasFailed: false)
            if index.isMultiple(of: 10) { outcome.slow = .q95 }
            _ = tally.record(.routed(outcome))
        }
        #expect(try Self.slowAcceptance(after: tally.take()) < 20)
    }
}
