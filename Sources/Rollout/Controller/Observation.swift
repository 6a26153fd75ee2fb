// SPDX-License-Identifier: Apache-2.0

/// One thing that a rollout has seen. What it says must be true when it is said: an outcome is
/// reported once, after it is final.
///
/// Not reported: requests refused before routing (4xx is the client's outcome), requests that an
/// authorised override sent to a version, and copies that never started for lack of a budget.
package enum Observation: Equatable, Sendable {
    case routed(RoutedOutcome)
    case pair(PairOutcome)
    case label(LabelOutcome)
}

/// The first attempt at a user's request, by the arm that its key was assigned to.
package struct RoutedOutcome: Equatable, Sendable {
    package enum Fallback: Sendable { case untried, answered, failed }

    package var isCandidate: Bool
    package var key: KeyHash
    /// Whether the key is a user's, which comes again; else it is the request's own.
    package var isSticky: Bool
    /// Whether good outcomes of this key are reported too (`Tally`).
    package var isSampled = true
    /// The candidate's weight when the request was routed.
    package var weight: Weight
    /// Failed: an error, or an answer that is no number.
    package var hasFailed: Bool
    /// What the stable version made of the same request after the candidate had failed.
    package var fallback = Fallback.untried
    package var slow: SlowLevels = []
    /// Whether there was a quantile to be slow by; only then is it quick otherwise.
    package var isTimed = true

    package init(
        isCandidate: Bool, key: KeyHash, isSticky: Bool, weight: Weight, hasFailed: Bool
    ) {
        self.isCandidate = isCandidate
        self.key = key
        self.isSticky = isSticky
        self.weight = weight
        self.hasFailed = hasFailed
    }
}

/// One request computed by both versions.
package struct PairOutcome: Equatable, Sendable {
    package var key: KeyHash
    package var isSticky: Bool
    package var isSampled = true
    /// Whether the candidate's answer was the copy, which nobody saw. Else the stable version's
    /// was, and the candidate's outcome is reported as routed too.
    package var isShadow: Bool
    /// A candidate that has started and passed the deadline while the stable version finished has
    /// failed.
    package var candidateFailed: Bool
    package var stableFailed: Bool
    /// Whether the answers differ by more than the plan tolerates; `nil` unless there are two.
    package var disagrees: Bool?
    /// Whether the candidate took more than 1.25 times the stable version's time; `nil` unmeasured.
    package var isMuchSlower: Bool?
    package var candidateSlow: SlowLevels = []
    package var stableSlow: SlowLevels = []

    package init(
        key: KeyHash, isSticky: Bool, isShadow: Bool, candidateFailed: Bool, stableFailed: Bool
    ) {
        self.key = key
        self.isSticky = isSticky
        self.isShadow = isShadow
        self.candidateFailed = candidateFailed
        self.stableFailed = stableFailed
    }
}

/// The truth about a request of which both versions' answers are known.
package struct LabelOutcome: Equatable, Sendable {
    package var key: KeyHash
    package var isSticky: Bool
    package var candidateIsRight: Bool
    package var stableIsRight: Bool
    /// The candidate's loss less the stable version's, scaled to [−1, 1]: Brier scores for
    /// probabilities, clipped errors for values; `nil` when only right and wrong are known.
    package var lossDifference: Double?

    package init(key: KeyHash, isSticky: Bool, candidateIsRight: Bool, stableIsRight: Bool) {
        self.key = key
        self.isSticky = isSticky
        self.candidateIsRight = candidateIsRight
        self.stableIsRight = stableIsRight
    }
}
