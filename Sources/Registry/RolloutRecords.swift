// SPDX-License-Identifier: Apache-2.0

/// A rollout about to begin. What the plan says and the state means is the server's affair.
package struct RolloutDraft: Sendable {
    package let model: ModelName
    /// `canary` or `ab`.
    package let kind: String
    /// The version that production points to.
    package let stable: Int
    /// The first candidate.
    package let candidate: Int
    /// A JSON document.
    package let plan: String
    /// 32 hexadecimal digits.
    package let salt: String
    package let state: String
    package let actor: String
    package let reason: String
    /// Whether the model's active rollout, if there is one, ends for this one.
    package let supersedes: Bool

    package init(
        model: ModelName, kind: String, stable: Int, candidate: Int, plan: String, salt: String,
        state: String, actor: String, reason: String, supersedes: Bool = false
    ) {
        self.model = model
        self.kind = kind
        self.stable = stable
        self.candidate = candidate
        self.plan = plan
        self.salt = salt
        self.state = state
        self.actor = actor
        self.reason = reason
        self.supersedes = supersedes
    }
}

/// A rollout as its last event left it.
package struct RolloutRecord: Equatable, Sendable {
    package let id: Int
    package let model: String
    package let kind: String
    package let stable: Int
    package let candidate: Int
    package let plan: String
    package let salt: String
    package let state: String
    package let isTerminal: Bool
    /// The number of the last event; a move names the one that it follows.
    package let sequence: Int
    package let reason: String
    package let createdAt: Timestamp
    package let createdBy: String
    package let updatedAt: Timestamp

    package init(
        id: Int, model: String, kind: String, stable: Int, candidate: Int, plan: String,
        salt: String, state: String, isTerminal: Bool, sequence: Int, reason: String,
        createdAt: Timestamp, createdBy: String, updatedAt: Timestamp
    ) {
        self.id = id
        self.model = model
        self.kind = kind
        self.stable = stable
        self.candidate = candidate
        self.plan = plan
        self.salt = salt
        self.state = state
        self.isTerminal = isTerminal
        self.sequence = sequence
        self.reason = reason
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.updatedAt = updatedAt
    }
}

/// One change of a rollout's state, with the numbers that justified it.
package struct RolloutEvent: Equatable, Sendable {
    package let rollout: Int
    /// 0 for the beginning, then without gaps.
    package let sequence: Int
    /// Empty at the beginning.
    package let from: String
    package let to: String
    package let reason: String
    /// A JSON document.
    package let evidence: String
    package let at: Timestamp
    package let actor: String

    package init(
        rollout: Int, sequence: Int, from: String, to: String, reason: String, evidence: String,
        at: Timestamp, actor: String
    ) {
        self.rollout = rollout
        self.sequence = sequence
        self.from = from
        self.to = to
        self.reason = reason
        self.evidence = evidence
        self.at = at
        self.actor = actor
    }
}

/// A change of state that is asked for.
package struct RolloutMove: Sendable {
    package let rollout: Int
    /// The sequence that the rollout must be at.
    package let expecting: Int
    package let to: String
    package let isTerminal: Bool
    package let reason: String
    /// A JSON document.
    package let evidence: String
    package let actor: String
    /// The version that production moves to in the same transaction, if it is at the rollout's
    /// stable version.
    package let promotes: Int?
    /// Whether the move is an approval that the version's publisher may not give.
    package let forbidsPublisher: Bool

    package init(
        rollout: Int, expecting: Int, to: String, isTerminal: Bool, reason: String,
        evidence: String, actor: String, promotes: Int? = nil, forbidsPublisher: Bool = false
    ) {
        self.rollout = rollout
        self.expecting = expecting
        self.to = to
        self.isTerminal = isTerminal
        self.reason = reason
        self.evidence = evidence
        self.actor = actor
        self.promotes = promotes
        self.forbidsPublisher = forbidsPublisher
    }
}
