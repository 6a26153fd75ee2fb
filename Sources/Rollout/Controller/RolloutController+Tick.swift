// SPDX-License-Identifier: Apache-2.0

extension RolloutController {
    /// Lets time pass: dwell times, deadlines, gaps, and what the evidence allows by now. A caller
    /// ticks again at once when it gets a transition.
    package mutating func tick(at now: UInt64) -> Transition? {
        guard !state.isTerminal else { return nil }
        timers.advance(to: now, gap: plan.telemetryGap)
        if timers.total >= plan.deadline { return move(to: .expired, .deadline) }
        evidence.fixLimit()
        switch state {
        case .running(let phase): return tickRunning(phase)
        case .quarantined(let phase): return tickQuarantine(phase)
        case .paused(let phase, .stableTrouble): return tickTrouble(phase)
        default: return nil
        }
    }

    private mutating func tickRunning(_ phase: RolloutState.Phase) -> Transition? {
        if timers.sinceReport > plan.telemetryGap {
            return move(to: .paused(phase, .telemetryGap), .telemetryGap)
        }
        if evidence.sampleRatio.value >= plan.sampleRatioThreshold {
            return move(to: .paused(phase, .sampleRatio), .sampleRatio)
        }
        if isAccepted(in: phase) { return move(to: next(after: phase), .accepted) }
        let dwell = phase == .bake ? plan.bakeTime : 0
        let limit = dwell.addingReportingOverflow(plan.stepDeadline)
        guard timers.inState >= limit.partialValue else { return nil }
        switch plan.onInconclusive {
        case .hold: return move(to: .paused(phase, .deadline), .deadline)
        case .rollBack: return move(to: .rolledBack(.deadline), .deadline)
        case .promote: return move(to: next(after: phase), .deadline)
        }
    }

    /// Whether the phase has lasted, has seen enough, and what it saw speaks for the candidate.
    private func isAccepted(in phase: RolloutState.Phase) -> Bool {
        let requests = evidence.counts.candidateRequests - requestsAtStep
        switch phase {
        case .shadow:
            return timers.inState >= plan.shadowTime && evidence.counts.pairs >= plan.shadowPairs
                && evidence.agrees
        case .canary:
            return timers.inState >= plan.stepTime && requests >= plan.stepRequests
                && evidence.isAcceptable
        case .bake:
            return timers.inState >= plan.bakeTime && requests >= plan.stepRequests
                && evidence.isGoodEnough
        }
    }

    private func next(after phase: RolloutState.Phase) -> RolloutState {
        switch phase {
        case .shadow: plan.canarySteps.isEmpty ? .running(.bake) : .running(.canary(step: 0))
        case .canary(let step):
            step + 1 < plan.canarySteps.count
                ? .running(.canary(step: step + 1)) : .running(.bake)
        case .bake: .promoted
        }
    }

    private mutating func tickQuarantine(_ phase: RolloutState.Phase) -> Transition? {
        if evidence.recovery.value >= plan.acceptanceThreshold {
            // Without copies nothing was seen of the candidate itself: it begins again, small.
            let back: RolloutState.Phase =
                plan.hasShadow || plan.canarySteps.isEmpty ? phase : .canary(step: 0)
            let transition = move(to: .running(back), .recovered)
            evidence.leaveQuarantine()
            return transition
        }
        if timers.inState >= plan.quarantineDeadline {
            return move(to: .rolledBack(.unresolved), .unresolved)
        }
        return nil
    }

    private mutating func tickTrouble(_ phase: RolloutState.Phase) -> Transition? {
        if evidence.recovery.value >= plan.acceptanceThreshold {
            let transition = move(to: .running(phase), .recovered)
            evidence.leaveQuarantine()
            return transition
        }
        if let window = coin.advance(to: timers.total, limit: evidence.limit) {
            if plan.hasShadow {
                evidence.countWindow(isBad: window.isBad, candidateComputes: window.wasOn)
            }
            if let rule = evidence.convictingRule { return move(to: .rolledBack(rule), rule) }
        }
        return nil
    }
}
