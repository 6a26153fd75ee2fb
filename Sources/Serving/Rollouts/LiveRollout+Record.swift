// SPDX-License-Identifier: Apache-2.0
package import Registry
import Rollout

/// The registry's word: what it has recorded, of this server's steps and of others'.
extension LiveRollout {
    /// The first step has been recorded.
    package mutating func recorded(_ record: RolloutRecord) {
        self.record = record
        if !steps.isEmpty { steps.removeFirst() }
        if steps.isEmpty { routings = controllers.map(\.routing) }
    }

    /// Another server was first. What it wrote stands, but where this server has stopped a
    /// candidate at no more than that: then it is written after it.
    package mutating func conflicted(with record: RolloutRecord) {
        let insists = controllers.contains { Self.isProtective($0.state) } && !record.isTerminal
        let last = steps.last
        steps = []
        self.record = record
        for index in controllers.indices {
            guard let state = record.state(ofCandidate: index) else { continue }
            let isSafer =
                Self.isProtective(controllers[index].state)
                && controllers[index].routing.candidateWeight <= weight(in: state, index)
            if insists, isSafer, !state.isTerminal { continue }
            follow(state, candidate: index)
            protect(controllers[index].routing, candidate: index)
        }
        if insists, let last, stateText != record.state {
            append(last.reason, last.actor, nil)
        }
        if steps.isEmpty { routings = controllers.map(\.routing) }
    }

    private func weight(in state: RolloutState, _ index: Int) -> Weight {
        var other = RolloutController(plan: controllers[index].plan, salt: salt)
        _ = other.adopt(state, sequence: 1)
        return other.routing.candidateWeight
    }

    /// What the registry says now, where that is news.
    ///
    /// - Returns: whether it was.
    package mutating func adopt(_ record: RolloutRecord) -> Bool {
        guard record.sequence > self.record.sequence, steps.isEmpty else { return false }
        follow(record)
        return true
    }

    mutating func follow(_ record: RolloutRecord) {
        self.record = record
        for index in controllers.indices {
            if let state = record.state(ofCandidate: index) { follow(state, candidate: index) }
        }
        routings = controllers.map(\.routing)
    }

    mutating func follow(_ state: RolloutState, candidate index: Int) {
        guard controllers[index].state != state else { return }
        if controllers[index].state.isTerminal {
            // What this server thought to be over goes on: a promotion that was not recorded.
            controllers[index] = RolloutController(plan: controllers[index].plan, salt: salt)
        }
        _ = controllers[index].adopt(state, sequence: controllers[index].sequence + 1)
    }
}
