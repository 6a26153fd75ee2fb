// SPDX-License-Identifier: Apache-2.0

/// A step from one state to another with the numbers that justified it: one audited record.
package struct Transition: Equatable, Sendable {
    /// Counts from 1 in each rollout: what a compare-and-swap compares.
    package let sequence: UInt64
    package let from: RolloutState
    package let to: RolloutState
    package let reason: Reason
    /// The traffic from now on.
    package let routing: Routing
    /// Every statistic as it stood, in a fixed order.
    package let measures: [Measure]
}

/// A statistic's value and what it is held against.
package struct Measure: Equatable, Sendable {
    package let name: String
    package let value: Double
    /// Reached means: the rule has spoken. `nil` for counts.
    package let threshold: Double?

    package var isReached: Bool { threshold.map { value >= $0 } ?? false }
}

/// Who answers and who computes copies.
package struct Routing: Equatable, Sendable {
    /// The candidate's share of the keys.
    package var candidateWeight: Weight
    /// The share of the stable version's requests that the candidate computes too.
    package var shadowShare: Weight
    /// The share of the candidate's requests that the stable version computes too.
    package var watchShare: Weight

    package static let stableOnly = Routing(
        candidateWeight: .none, shadowShare: .none, watchShare: .none)
}

/// What a pipeline asks: shall the release go on?
package enum Verdict: String, Sendable {
    case pass, fail, inconclusive
}

/// What an operator may ask of a rollout.
package enum Command: Equatable, Sendable {
    case pause
    case resume
    case promote
    case rollBack
    case abort
    case supersede
}

/// What ends a rollout without statistics.
package enum Fuse: Sendable {
    case crash, outOfMemory, load

    var reason: Reason {
        switch self {
        case .crash: .crash
        case .outOfMemory: .outOfMemory
        case .load: .load
        }
    }
}
