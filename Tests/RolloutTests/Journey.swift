// SPDX-License-Identifier: Apache-2.0
import Rollout
import Testing

/// A controller with a clock of its own, and short words for what happens to it.
struct Journey {
    static let second: UInt64 = 1_000_000_000
    static let salt = Salt(low: 11, high: 12)

    var controller: RolloutController
    var now: UInt64 = 5
    private(set) var transitions: [Transition] = []
    private var number: UInt64 = 0

    init(_ change: (inout Terms) -> Void = { _ in }) throws {
        var terms = Terms()
        change(&terms)
        controller = RolloutController(plan: try RolloutPlan(terms), salt: Self.salt)
    }

    var path: [String] { transitions.map(\.to.name) }
    var state: RolloutState { controller.state }

    mutating func keep(_ transition: Transition?) {
        if let transition { transitions.append(transition) }
    }

    mutating func begin() {
        keep(controller.start(at: now))
        keep(controller.verified(true, at: now))
    }

    mutating func see(_ observation: Observation) {
        keep(controller.observe(observation, at: now))
    }

    mutating func tick(after seconds: UInt64 = 1) {
        now += seconds * Self.second
        keep(controller.tick(at: now))
    }

    mutating func nextKey() -> KeyHash {
        number += 1
        return Self.salt.hash(number)
    }

    mutating func pairs(
        _ count: Int, candidateFails: Bool = false, stableFails: Bool = false,
        disagrees: Bool? = nil, key: KeyHash? = nil
    ) {
        let bothAnswer = !candidateFails && !stableFails
        for index in 0..<count {
            var pair = PairOutcome(
                key: key ?? nextKey(), isSticky: key != nil, isShadow: true,
                candidateFailed: candidateFails, stableFailed: stableFails)
            if bothAnswer {
                pair.disagrees = disagrees ?? false
                pair.isMuchSlower = false
                if index % 20 == 7 { pair.stableSlow = .q95 }
            }
            see(.pair(pair))
        }
    }

    /// Requests that the present weight routes by their keys.
    mutating func requests(
        _ count: Int, candidateFails: Bool = false, stableFails: Bool = false,
        fallback: RoutedOutcome.Fallback = .answered, key: KeyHash? = nil
    ) {
        for index in 0..<count {
            let chosen = key ?? nextKey()
            let weight = controller.routing.candidateWeight
            let isCandidate = weight.contains(chosen)
            var outcome = RoutedOutcome(
                isCandidate: isCandidate, key: chosen, isSticky: key != nil, weight: weight,
                hasFailed: isCandidate ? candidateFails : stableFails)
            if isCandidate, candidateFails { outcome.fallback = fallback }
            if !isCandidate, index % 20 == 7 { outcome.slow = .q95 }
            see(.routed(outcome))
        }
    }

    /// Through shadow, with good pairs, to the first canary step.
    mutating func passShadow() {
        begin()
        for _ in 0..<40 {
            pairs(50)
            tick(after: 8)
        }
    }

    /// On to the phase after as many good steps.
    mutating func passSteps(_ count: Int) {
        for _ in 0..<count {
            let from = state
            for _ in 0..<600 where state == from {
                requests(500)
                tick()
            }
        }
    }
}
