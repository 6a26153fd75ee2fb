// SPDX-License-Identifier: Apache-2.0

/// Where a rollout is.
package enum RolloutState: Equatable, Sendable {
    case created
    /// The candidate is being loaded and checked.
    case verifying
    case running(Phase)
    /// Suspected: no user meets the candidate, which computes copies of all requests until it is
    /// convicted or cleared.
    case quarantined(Phase)
    case paused(Phase, Reason)
    case promoted
    case rolledBack(Reason)
    /// The whole rollout's deadline has passed.
    case expired
    case superseded
    case aborted

    package enum Phase: Hashable, Sendable {
        case shadow
        case canary(step: Int)
        /// The candidate has all traffic and the stable version stays loaded.
        case bake
    }

    /// A terminal state never changes.
    package var isTerminal: Bool {
        switch self {
        case .created, .verifying, .running, .quarantined, .paused: false
        case .promoted, .rolledBack, .expired, .superseded, .aborted: true
        }
    }

    package var verdict: Verdict {
        switch self {
        case .promoted: .pass
        case .rolledBack: .fail
        case .quarantined, .created, .verifying, .running, .paused, .expired, .superseded, .aborted:
            .inconclusive
        }
    }

    /// The phase to which it belongs, or returns.
    package var phase: Phase? {
        switch self {
        case .running(let phase), .quarantined(let phase), .paused(let phase, _): phase
        default: nil
        }
    }

    package var name: String {
        switch self {
        case .created: "created"
        case .verifying: "verifying"
        case .running(.shadow): "shadow"
        case .running(.canary): "canary"
        case .running(.bake): "bake"
        case .quarantined: "quarantined"
        case .paused: "paused"
        case .promoted: "promoted"
        case .rolledBack: "rolled_back"
        case .expired: "expired"
        case .superseded: "superseded"
        case .aborted: "aborted"
        }
    }
}

/// Why a rollout has moved.
package enum Reason: UInt8, Sendable, CaseIterable {
    // Convictions.
    case relativeError, relativeSlow, pairedError, pairedSlow, labels, disagreement, harm
    // What is no statistic.
    case crash, outOfMemory, load, verification, `operator`, newerRollout, started
    // Neither guilty nor cleared.
    case suspicion, repeatedSuspicion, unresolved, deadline, sampleRatio, telemetryGap
    case stableTrouble
    // Good news.
    case verified, accepted, recovered, resumed

    package var name: String {
        switch self {
        case .relativeError: "relative_error"
        case .relativeSlow: "relative_slow"
        case .pairedError: "paired_error"
        case .pairedSlow: "paired_slow"
        case .labels: "labels"
        case .disagreement: "disagreement"
        case .harm: "harm"
        case .crash: "crash"
        case .outOfMemory: "out_of_memory"
        case .load: "load"
        case .verification: "verification"
        case .operator: "operator"
        case .newerRollout: "newer_rollout"
        case .started: "started"
        case .suspicion: "suspicion"
        case .repeatedSuspicion: "repeated_suspicion"
        case .unresolved: "unresolved"
        case .deadline: "deadline"
        case .sampleRatio: "sample_ratio"
        case .telemetryGap: "telemetry_gap"
        case .stableTrouble: "stable_trouble"
        case .verified: "verified"
        case .accepted: "accepted"
        case .recovered: "recovered"
        case .resumed: "resumed"
        }
    }
}
