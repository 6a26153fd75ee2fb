// SPDX-License-Identifier: Apache-2.0

/// A rollout's state machine: it takes what has been seen and the time, and says what is to happen.
///
/// It has no clock: times are nanoseconds of any monotone clock, and only their differences count,
/// so a restored controller goes on with another clock. Convictions and suspicions come with the
/// observation that caused them; everything else comes with a `tick`, a few times a second.
package struct RolloutController: Equatable, Sendable {
    package let plan: RolloutPlan
    package let salt: Salt
    package internal(set) var state = RolloutState.created
    /// The number of transitions so far.
    package internal(set) var sequence: UInt64 = 0
    var evidence: Evidence
    var timers = Timers()
    var coin: HarmCoin
    /// Candidate requests when the step began.
    var requestsAtStep: UInt64 = 0
    package internal(set) var suspicions: UInt64 = 0

    package init(plan: RolloutPlan, salt: Salt) {
        self.plan = plan
        self.salt = salt
        evidence = Evidence(plan: plan)
        coin = HarmCoin(salt: salt)
    }

    package var counts: Counts { evidence.counts }

    /// Who answers now, and who computes copies.
    package var routing: Routing {
        var routing = Routing.stableOnly
        let copies: Weight = plan.hasShadow ? .all : .none
        switch state {
        case .created, .verifying, .rolledBack, .expired, .superseded, .aborted: break
        case .promoted: routing.candidateWeight = .all
        case .running(let phase): routing = Self.routing(in: phase, of: plan)
        case .quarantined: routing.shadowShare = copies
        case .paused(let phase, let reason):
            switch reason {
            case .stableTrouble: routing.shadowShare = coin.isOn ? copies : .none
            case .repeatedSuspicion: routing.shadowShare = copies
            default: routing = Self.routing(in: phase, of: plan)
            }
        }
        return routing
    }

    /// Whether candidate copies are off because the coin of rule H fell so.
    package var candidateComputes: Bool {
        if case .paused(_, .stableTrouble) = state { return coin.isOn }
        return !state.isTerminal
    }

    package var verdict: Verdict { state.verdict }

    // MARK: Seeing

    /// One observation, as one event. The single observation's way: exact, in the order of arrival.
    package mutating func observe(_ observation: Observation, at now: UInt64) -> Transition? {
        guard !state.isTerminal else { return nil }
        timers.advance(to: now, gap: plan.telemetryGap)
        coin.count(observation)
        evidence.stage(observation, for: purpose)
        return judge(at: now)
    }

    /// A batch of one loop or of several servers, as one event for each rule.
    package mutating func observe(_ batch: Batch, at now: UInt64) -> Transition? {
        guard !state.isTerminal else { return nil }
        timers.advance(to: now, gap: plan.telemetryGap)
        coin.countGood(batch.stableGood)
        evidence.stageGood(batch, for: purpose)
        for observation in batch.observations {
            coin.count(observation)
            evidence.stage(observation, for: purpose)
        }
        return judge(at: now)
    }

    private var purpose: Evidence.Purpose {
        var purpose = Evidence.Purpose()
        purpose.weight = routing.candidateWeight
        switch state {
        case .running(let phase):
            purpose.promotes = true
            purpose.suspects = phase != .shadow
            purpose.watchesStable = true
        case .quarantined:
            purpose.recovery = plan.hasShadow ? .pairs : .stable
        case .paused(_, .stableTrouble):
            // Where the candidate's computing is what hurts, only windows with it can clear it.
            purpose.recovery = !plan.hasShadow || coin.isOn ? .stable : .none
        case .paused(let phase, let reason):
            purpose.suspects = phase != .shadow && reason != .repeatedSuspicion
        default: break
        }
        return purpose
    }

    /// What an observation may cause: conviction, suspicion, trouble.
    private mutating func judge(at now: UInt64) -> Transition? {
        evidence.commit()
        timers.hear(at: now)
        if case .created = state { return nil }
        if case .verifying = state { return nil }
        if let rule = evidence.convictingRule { return move(to: .rolledBack(rule), rule) }
        guard let phase = state.phase else { return nil }
        if case .paused(_, .telemetryGap) = state { return move(to: .running(phase), .resumed) }
        if purpose.suspects, evidence.suspicion.value >= plan.suspicionThreshold {
            return suspect(in: phase)
        }
        if case .running = state, evidence.trouble.value >= plan.suspicionThreshold {
            let transition = move(to: .paused(phase, .stableTrouble), .stableTrouble)
            evidence.beginTrouble()
            coin.begin(at: timers.total)
            return transition
        }
        return nil
    }

    private mutating func suspect(in phase: RolloutState.Phase) -> Transition {
        suspicions += 1
        let isTooOften = suspicions >= plan.suspicionsMax
        let transition =
            isTooOften
            ? move(to: .paused(phase, .repeatedSuspicion), .repeatedSuspicion)
            : move(to: .quarantined(phase), .suspicion)
        evidence.beginQuarantine()
        return transition
    }

    // MARK: Moving

    /// Enters a state, with every number as it stands.
    mutating func move(to next: RolloutState, _ reason: Reason) -> Transition {
        let previous = state
        let measures = measures
        sequence += 1
        state = next
        if previous.phase != next.phase { requestsAtStep = evidence.counts.candidateRequests }
        timers.enterState()
        return Transition(
            sequence: sequence, from: previous, to: next, reason: reason, routing: routing,
            measures: measures)
    }

    private static func routing(in phase: RolloutState.Phase, of plan: RolloutPlan) -> Routing {
        var routing = Routing.stableOnly
        switch phase {
        case .shadow: routing.shadowShare = .all
        case .canary(let step):
            let steps = plan.canarySteps
            routing.candidateWeight = steps.indices.contains(step) ? steps[step] : .none
            if plan.hasShadow { routing.watchShare = plan.watchShare }
        case .bake:
            routing.candidateWeight = .all
            if plan.hasShadow { routing.watchShare = plan.watchShare }
        }
        return routing
    }
}
