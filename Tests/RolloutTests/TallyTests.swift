// SPDX-License-Identifier: Apache-2.0
import Rollout
import Testing

struct TallyTests {
    static func routed(
        _ key: UInt64, isCandidate: Bool, hasFailed: Bool = false
    ) -> Observation {
        .routed(
            RoutedOutcome(
                isCandidate: isCandidate, key: KeyHash(key), isSticky: true,
                weight: Weight(percent: 50) ?? .none, hasFailed: hasFailed))
    }

    @Test func countsWhatIsOrdinary() {
        var tally = Tally()
        for index in 0..<1000 {
            let isUrgent = tally.record(Self.routed(1, isCandidate: index.isMultiple(of: 4)))
            #expect(!isUrgent)
        }
        // The first request of a key is news, for the sample ratio.
        #expect(tally.batch.observations.count == 1)
        #expect(tally.batch.candidateGood == 249)
        #expect(tally.batch.stableGood == 750)
        let taken = tally.take()
        #expect(!taken.isEmpty)
        #expect(tally.batch.isEmpty)
    }

    @Test func aFailedCandidateIsUrgent() {
        var tally = Tally()
        let stable = tally.record(Self.routed(1, isCandidate: false, hasFailed: true))
        let candidate = tally.record(Self.routed(2, isCandidate: true, hasFailed: true))
        #expect(!stable && candidate)
    }

    @Test func keysOutsideTheSampleAreCounted() {
        var tally = Tally(keys: 64)
        for key in 0..<10_000 { _ = tally.record(Self.routed(UInt64(key), isCandidate: true)) }
        let batch = tally.batch
        #expect(batch.observations.count < 1500)
        #expect(batch.candidateGood + UInt64(batch.observations.count) == 10_000)
    }

    @Test func batchesAddUp() {
        var left = Batch()
        left.candidateGood = 1
        left.pairsSlower = 2
        left.observations = [Self.routed(1, isCandidate: true)]
        var right = Batch()
        right.candidateGood = 10
        right.stableGood = 20
        right.pairsQuick = 30
        right.pairsUntimed = 40
        right.observations = [Self.routed(2, isCandidate: false)]
        left.merge(right)
        #expect(left.candidateGood == 11 && left.stableGood == 20)
        #expect(left.pairsQuick == 30 && left.pairsSlower == 2 && left.pairsUntimed == 40)
        #expect(left.observations.count == 2)
    }

    /// A controller fed by batches of two loops comes to the same counts, and the same verdict.
    @Test func batchesJudgeAsSingleEventsDo() throws {
        var single = try Journey()
        single.passShadow()
        single.passSteps(3)
        var batched = single
        var loops = [Tally(), Tally()]
        let weight = single.controller.routing.candidateWeight
        for number in 0..<1000 {
            let key = Journey.salt.hash(UInt64(1_000_000 + number))
            let isCandidate = weight.contains(key)
            let outcome = RoutedOutcome(
                isCandidate: isCandidate, key: key, isSticky: true, weight: weight,
                hasFailed: isCandidate && number.isMultiple(of: 3))
            single.see(.routed(outcome))
            if loops[number % 2].record(.routed(outcome)) {
                let batch = loops[number % 2].take()
                batched.keep(batched.controller.observe(batch, at: batched.now))
            }
        }
        for index in loops.indices {
            let batch = loops[index].take()
            batched.keep(batched.controller.observe(batch, at: batched.now))
        }
        #expect(single.controller.counts == batched.controller.counts || single.state.isTerminal)
        #expect(batched.state == single.state)
    }
}
