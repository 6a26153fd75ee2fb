// SPDX-License-Identifier: Apache-2.0
import Models
import Registry
import Rollout

/// Putting together what the loops are to know.
extension RolloutEngine {
    func publishIfChanged(_ state: inout State) {
        let ids = state.entries.filter { served($0.value, state.base) != nil }.keys.sorted()
        let isChanged =
            ids != state.publishedIDs
            || state.entries.values.contains { $0.live.routings != $0.publishedRoutings }
        if isChanged { publish(&state) }
    }

    func publish(_ state: inout State) {
        var set = state.base
        set.rollouts = []
        for id in state.entries.keys.sorted() {
            guard let entry = state.entries[id] else { continue }
            let served = served(entry, state.base)
            if let served { set.rollouts.append(served) }
            state.entries[id]?.publishedRoutings = entry.live.routings
        }
        state.publishedIDs = set.rollouts.map(\.id)
        publishSet(set)
    }

    /// What the loops are to know of a rollout; `nil` while it moves no request, or this server has
    /// not all that it needs.
    private func served(_ entry: Entry, _ base: ServingSet) -> ServedRollout? {
        let live = entry.live
        let isIdle = live.routings.allSatisfy { $0 == .stableOnly }
        guard !isIdle || live.document.experiment != nil && !live.isTerminal,
            let model = base.entries.first(where: { $0.name == live.record.model }),
            let stable = model.primary, stable.version == live.record.stable
        else { return nil }
        let names = Self.armNames(live)
        var candidates: [ServedCandidate] = []
        for (index, version) in live.versions.enumerated() {
            guard let served = model.versions[version] else { return nil }
            let routing = live.routings[index]
            candidates.append(
                ServedCandidate(
                    arm: ServedArm(name: names[index + 1], served: served), routing: routing,
                    weight: routing.candidateWeight,
                    sharesSchema: served.model.schema == stable.model.schema))
        }
        return ServedRollout(
            id: live.record.id, salt: live.salt, hasFallback: live.document.plan.hasFallback,
            stable: ServedArm(name: names[0], served: stable), candidates: candidates,
            split: live.document.experiment?.split, ledger: entry.ledger, shadows: shadows)
    }
}
