// SPDX-License-Identifier: Apache-2.0

extension RolloutController {
    /// The candidate is to be loaded and checked; `nil` unless the rollout is new.
    package mutating func start(at now: UInt64) -> Transition? {
        guard state == .created else { return nil }
        timers.begin(at: now)
        return move(to: .verifying, .started)
    }

    /// The candidate has passed its checks, or not.
    package mutating func verified(_ isSound: Bool, at now: UInt64) -> Transition? {
        guard state == .verifying else { return nil }
        timers.hear(at: now)
        guard isSound else { return move(to: .rolledBack(.verification), .verification) }
        let first: RolloutState.Phase =
            plan.hasShadow ? .shadow : plan.canarySteps.isEmpty ? .bake : .canary(step: 0)
        return move(to: .running(first), .verified)
    }

    /// What ends a rollout without statistics.
    package mutating func blow(_ fuse: Fuse) -> Transition? {
        guard !state.isTerminal else { return nil }
        return move(to: .rolledBack(fuse.reason), fuse.reason)
    }

    /// An operator's wish; `nil` where it does not apply.
    package mutating func obey(_ command: Command, at now: UInt64) -> Transition? {
        guard !state.isTerminal else { return nil }
        switch command {
        case .pause:
            guard case .running(let phase) = state else { return nil }
            return move(to: .paused(phase, .operator), .operator)
        case .resume: return resume(at: now)
        case .promote:
            guard state.phase != nil else { return nil }
            return move(to: .promoted, .operator)
        case .rollBack: return move(to: .rolledBack(.operator), .operator)
        case .abort: return move(to: .aborted, .operator)
        case .supersede: return move(to: .superseded, .newerRollout)
        }
    }

    private mutating func resume(at now: UInt64) -> Transition? {
        guard case .paused(let phase, let reason) = state else { return nil }
        timers.hear(at: now)
        let transition = move(to: .running(phase), .resumed)
        switch reason {
        case .sampleRatio: evidence.resetSampleRatio()
        case .repeatedSuspicion:
            suspicions = 0
            evidence.leaveQuarantine()
        case .stableTrouble: evidence.leaveQuarantine()
        default: break
        }
        return transition
    }

    /// Follows what another server has written into the registry. Evidence stays: what this server
    /// has seen remains true.
    ///
    /// - Returns: whether it was news.
    package mutating func adopt(_ other: RolloutState, sequence number: UInt64) -> Bool {
        guard !state.isTerminal, number > sequence, isPossible(other.phase) else { return false }
        let previous = state
        state = other
        sequence = number
        if previous.phase != other.phase { requestsAtStep = evidence.counts.candidateRequests }
        timers.enterState()
        switch (previous, other) {
        case (.quarantined, .quarantined), (.paused, .paused): break
        case (_, .quarantined), (_, .paused(_, .repeatedSuspicion)):
            suspicions += 1
            evidence.beginQuarantine()
        case (_, .paused(_, .stableTrouble)):
            evidence.beginTrouble()
            coin.begin(at: timers.total)
        case (.quarantined, .running), (.paused(_, .stableTrouble), .running):
            evidence.leaveQuarantine()
        default: break
        }
        return true
    }
}
