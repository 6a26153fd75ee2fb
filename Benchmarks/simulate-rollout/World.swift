// SPDX-License-Identifier: Apache-2.0
import Rollout

/// A server as a rollout sees it: requests come one by one, are routed, fail, are copied, and what
/// happened is told to the controller.
struct World {
    var controller: RolloutController
    let conditions: Conditions
    private(set) var transitions: [Transition] = []
    private(set) var requests = 0
    private(set) var candidateRequests: UInt64 = 0
    /// Candidate failures that a user's request met, whether or not the fallback saved it.
    private(set) var badAnswers: UInt64 = 0
    private(set) var pairs: UInt64 = 0
    private(set) var faultBegan: (requests: UInt64, bad: UInt64)?
    private(set) var pairsAtFault: UInt64 = 0
    private var random: Random
    private var times = RecentTimes()
    private var now: UInt64 = 1
    private var burst = 0
    private let salt: Salt

    init(plan: RolloutPlan, conditions: Conditions, seed: UInt64) {
        random = Random(seed: seed)
        salt = Salt(low: random.next(), high: random.next())
        controller = RolloutController(plan: plan, salt: salt)
        self.conditions = conditions
        keep(controller.start(at: now))
        keep(controller.verified(true, at: now))
    }

    var state: RolloutState { controller.state }

    mutating func keep(_ transition: Transition?) {
        if let transition { transitions.append(transition) }
    }

    /// Serves one request.
    mutating func step() {
        now += 1_000_000_000 / UInt64(conditions.requestsPerSecond)
        requests += 1
        let (key, isAbusive, isBadKey) = draw()
        let shared = isAbusive || sharesTrouble()
        let attempt = isBadKey ? conditions.badKeys.rate : transientRate
        let routing = controller.routing
        let isCandidate = routing.candidateWeight.contains(key)
        let stableFails =
            shared || random.happens(attempt) || random.happens(conditions.stableRate)
            || (conditions.harms > 0 && controller.candidateComputes
                && random.happens(conditions.harms))
        let rate = candidateRate(isRouted: isCandidate)
        let candidateFails = shared || random.happens(attempt) || random.happens(rate)
        let time = Tables.times[Int(random.next() & 4095)]
        if isCandidate {
            serve(key, routing, candidateFails, shared || random.happens(attempt))
        } else {
            serveStable(key, routing, stableFails, time)
        }
        let share = isCandidate ? routing.watchShare : routing.shadowShare
        if share == .all || random.happens(share.share) {
            compare(key, !isCandidate, candidateFails, stableFails, time)
        }
        if requests % conditions.requestsPerSecond == 0 { keep(controller.tick(at: now)) }
    }

    private mutating func draw() -> (key: KeyHash, isAbusive: Bool, isBadKey: Bool) {
        guard conditions.hasHeavyKeys || conditions.abusiveUsers > 0 else {
            return (salt.hash(random.next()), false, false)
        }
        let abuse = conditions.abusiveUsers * conditions.abusiveRequests
        let start = conditions.troubleRange.lowerBound
        // Every second request, so that a user's requests lie among others'.
        if requests >= start, (requests - start) / 2 < abuse, requests.isMultiple(of: 2) {
            let user = (requests - start) / 2 / conditions.abusiveRequests
            return (salt.hash(UInt64(1_000_000 + user)), true, false)
        }
        guard conditions.hasHeavyKeys else { return (salt.hash(random.next()), false, false) }
        let rank = Tables.zipfKey(random.uniform())
        let isBad = Double(rank * 7919 % 10_000) < conditions.badKeys.share * 10_000
        return (salt.hash(UInt64(rank)), false, isBad)
    }

    private var isInTrouble: Bool { conditions.troubleRange.contains(requests) }

    private var transientRate: Double {
        if case .transient(let rate) = conditions.trouble, isInTrouble { return rate }
        return 0
    }

    private mutating func sharesTrouble() -> Bool {
        guard isInTrouble else { return false }
        switch conditions.trouble {
        case .none, .transient: return false
        case .poisoned(let share): return random.happens(share)
        case .bursts(let share):
            if burst > 0 {
                burst -= 1
                return true
            }
            if random.happens(share / 20) { burst = Int(random.uniform() * 39) }
            return burst > 0
        }
    }

    private mutating func candidateRate(isRouted: Bool) -> Double {
        guard let fault = conditions.faultRate else { return conditions.candidateRate }
        if faultBegan == nil, state.phase != .shadow,
            candidateRequests >= conditions.faultAfter
        {
            faultBegan = (candidateRequests, badAnswers)
            pairsAtFault = pairs
        }
        return faultBegan == nil ? conditions.candidateRate : fault
    }

    private mutating func serve(
        _ key: KeyHash, _ routing: Routing, _ hasFailed: Bool, _ retryFails: Bool
    ) {
        candidateRequests += 1
        var outcome = RoutedOutcome(
            isCandidate: true, key: key, isSticky: conditions.hasHeavyKeys,
            weight: routing.candidateWeight, hasFailed: hasFailed)
        if hasFailed {
            badAnswers += 1
            let stableFails = retryFails || random.happens(conditions.stableRate)
            outcome.fallback = stableFails ? .failed : .answered
        } else {
            let time = Tables.times[Int(random.next() & 4095)] * conditions.slowness
            outcome.slow = times.slowness(candidate: UInt64(time))
        }
        keep(controller.observe(.routed(outcome), at: now))
    }

    private mutating func serveStable(
        _ key: KeyHash, _ routing: Routing, _ hasFailed: Bool, _ time: Double
    ) {
        var outcome = RoutedOutcome(
            isCandidate: false, key: key, isSticky: conditions.hasHeavyKeys,
            weight: routing.candidateWeight, hasFailed: hasFailed)
        if !hasFailed {
            outcome.slow = times.slowness(stable: UInt64(time))
            times.record(stable: UInt64(time))
        }
        keep(controller.observe(.routed(outcome), at: now))
    }

    private mutating func compare(
        _ key: KeyHash, _ isShadow: Bool, _ candidateFails: Bool, _ stableFails: Bool,
        _ stableTime: Double
    ) {
        pairs += 1
        var pair = PairOutcome(
            key: key, isSticky: conditions.hasHeavyKeys, isShadow: isShadow,
            candidateFailed: candidateFails, stableFailed: stableFails)
        if !candidateFails, !stableFails {
            pair.disagrees = random.happens(conditions.disagreement)
            let time = Tables.times[Int(random.next() & 4095)] * conditions.slowness
            pair.isMuchSlower = time > 1.25 * stableTime
            pair.candidateSlow = times.slowness(candidate: UInt64(time))
            pair.stableSlow = times.slowness(stable: UInt64(stableTime))
        }
        keep(controller.observe(.pair(pair), at: now))
        guard pairs.isMultiple(of: UInt64(conditions.labelEvery)) else { return }
        let draw = random.uniform()
        let wrong = conditions.discordance + conditions.accuracyDrop / 2
        let label = LabelOutcome(
            key: key, isSticky: conditions.hasHeavyKeys,
            candidateIsRight: draw >= wrong,
            stableIsRight: !(wrong..<2 * conditions.discordance).contains(draw))
        keep(controller.observe(.label(label), at: now))
    }
}
