// SPDX-License-Identifier: Apache-2.0

/// What a loop or a server has seen since it last said so: the good as counts, the rest one by one.
/// Batches add up. An empty one says that nothing happened, which is more than silence.
package struct Batch: Equatable, Sendable {
    /// Routed, neither failed nor slow, of keys that have been seen or are not sampled.
    package var candidateGood: UInt64 = 0
    /// The same before there was a quantile to be slow by.
    package var candidateUntimed: UInt64 = 0
    package var stableGood: UInt64 = 0
    /// Copies that neither failed nor disagreed nor passed a quantile on one side only, by whether
    /// the candidate was much slower; `pairsUntimed` where that was not measured.
    package var pairsQuick: UInt64 = 0
    package var pairsSlower: UInt64 = 0
    package var pairsUntimed: UInt64 = 0
    package var observations: [Observation] = []

    package init() {}

    package var isEmpty: Bool { self == Batch() }

    package mutating func merge(_ other: Batch) {
        candidateGood += other.candidateGood
        candidateUntimed += other.candidateUntimed
        stableGood += other.stableGood
        pairsQuick += other.pairsQuick
        pairsSlower += other.pairsSlower
        pairsUntimed += other.pairsUntimed
        observations += other.observations
    }
}

/// A loop's own account of a rollout: it counts what is ordinary and keeps what is not.
package struct Tally: Equatable, Sendable {
    package private(set) var batch = Batch()
    private var arrivals: KeySample
    private var compared: KeySample

    package init(keys capacity: Int = 4096) {
        arrivals = KeySample(capacity: capacity)
        compared = KeySample(capacity: capacity)
        batch.observations.reserveCapacity(256)
    }

    /// Counts or keeps.
    ///
    /// - Returns: whether it should be reported now rather than within the second: the candidate
    /// has   failed a user.
    package mutating func record(_ observation: Observation) -> Bool {
        switch observation {
        case .routed(let outcome): return record(outcome)
        case .pair(let outcome): record(outcome)
        case .label: batch.observations.append(observation)
        }
        return false
    }

    /// Hands over what has been recorded.
    package mutating func take() -> Batch {
        let taken = batch
        batch = Batch()
        return taken
    }

    private mutating func record(_ outcome: RoutedOutcome) -> Bool {
        let isNew = arrivals.insert(outcome.key)
        guard isNew || outcome.hasFailed || !outcome.slow.isEmpty else {
            if !outcome.isCandidate {
                batch.stableGood += 1
            } else if outcome.isTimed {
                batch.candidateGood += 1
            } else {
                batch.candidateUntimed += 1
            }
            return false
        }
        var kept = outcome
        kept.isSampled = isNew
        batch.observations.append(.routed(kept))
        return outcome.isCandidate && outcome.hasFailed
    }

    private mutating func record(_ outcome: PairOutcome) {
        let isNew = compared.insert(outcome.key)
        let isOrdinary =
            !outcome.candidateFailed && !outcome.stableFailed && outcome.disagrees != true
            && outcome.candidateSlow == outcome.stableSlow
        guard isNew || !isOrdinary || !outcome.isShadow else {
            switch outcome.isMuchSlower {
            case true?: batch.pairsSlower += 1
            case false?: batch.pairsQuick += 1
            case nil: batch.pairsUntimed += 1
            }
            return
        }
        var kept = outcome
        kept.isSampled = isNew
        batch.observations.append(.pair(kept))
    }
}
