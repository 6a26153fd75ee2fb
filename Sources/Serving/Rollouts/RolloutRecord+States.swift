// SPDX-License-Identifier: Apache-2.0
import Registry
import Rollout

extension RolloutRecord {
    /// The words of the recorded state, one for each candidate; `nil` for one that no server of
    /// this version writes.
    var states: [RolloutState?] { state.split(separator: " ").map { RolloutState(text: "\($0)") } }

    /// The state of one candidate. A rollout that was superseded has one word for all.
    func state(ofCandidate index: Int) -> RolloutState? {
        let states = states
        return states.indices.contains(index) ? states[index] : states.last ?? nil
    }
}

/// One for all candidates: good only when one was promoted, bad only when all were convicted.
extension Verdict {
    init(of states: [RolloutState?]) {
        let verdicts = states.map { $0?.verdict ?? .inconclusive }
        if verdicts.contains(.pass) {
            self = .pass
        } else {
            self = !verdicts.isEmpty && verdicts.allSatisfy { $0 == .fail } ? .fail : .inconclusive
        }
    }
}
