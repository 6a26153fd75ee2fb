// SPDX-License-Identifier: Apache-2.0

/// A state as one word of a record: `canary:2`, `quarantined:bake`, `paused:shadow:operator`,
/// `rolled_back:harm`. Steps count from 0.
extension RolloutState {
    package var text: String {
        switch self {
        case .created, .verifying, .promoted, .expired, .superseded, .aborted: name
        case .running(let phase): phase.text
        case .quarantined(let phase): "quarantined:\(phase.text)"
        case .paused(let phase, let reason): "paused:\(phase.text):\(reason.name)"
        case .rolledBack(let reason): "rolled_back:\(reason.name)"
        }
    }

    /// `nil` for what `text` does not write.
    package init?(text: String) {
        var words = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let kind = words.removeFirst()
        let plain: [RolloutState] = [
            .created, .verifying, .promoted, .expired, .superseded, .aborted,
        ]
        if words.isEmpty, let state = plain.first(where: { $0.name == kind }) {
            self = state
            return
        }
        let reason = words.last.flatMap { last in Reason.allCases.first { $0.name == last } }
        switch kind {
        case "quarantined":
            guard let phase = Phase(words: words[...]) else { return nil }
            self = .quarantined(phase)
        case "paused":
            guard let phase = Phase(words: words.dropLast()), let reason else { return nil }
            self = .paused(phase, reason)
        case "rolled_back":
            guard words.count == 1, let reason else { return nil }
            self = .rolledBack(reason)
        default:
            guard let phase = Phase(words: [kind] + words[...]) else { return nil }
            self = .running(phase)
        }
    }
}

extension RolloutState.Phase {
    package var text: String {
        switch self {
        case .shadow: "shadow"
        case .bake: "bake"
        case .canary(let step): "canary:\(step)"
        }
    }

    fileprivate init?(words: ArraySlice<String>) {
        switch Array(words) {
        case ["shadow"]: self = .shadow
        case ["bake"]: self = .bake
        case let words where words.count == 2 && words[0] == "canary":
            guard let step = Int(words[1]), (0..<64).contains(step), "\(step)" == words[1] else {
                return nil
            }
            self = .canary(step: step)
        default: return nil
        }
    }
}
