// SPDX-License-Identifier: Apache-2.0
import Models
import Registry
import Rollout

/// Putting together what the loops are to know.
extension RolloutEngine {
    func publishIfChanged(_ state: inout State) {
        let ids = state.entries.filter { versions(of: $0.value, state.base) != nil }.keys.sorted()
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

    /// The stable version and the candidates; `nil` while the rollout moves no request, or this
    /// server has not all that it needs.
    private func versions(
        of entry: Entry, _ base: ServingSet
    ) -> (stable: ServedModel, candidates: [ServedModel])? {
        let live = entry.live
        let isIdle = live.routings.allSatisfy { $0 == .stableOnly }
        guard !isIdle || live.document.experiment != nil && !live.isTerminal,
            let model = base.entry(named: live.record.model), let stable = model.primary,
            stable.version == live.record.stable
        else { return nil }
        let candidates = live.versions.compactMap { model.versions[$0] }
        return candidates.count == live.versions.count ? (stable, candidates) : nil
    }

    /// What the loops are to know of a rollout.
    private func served(_ entry: Entry, _ base: ServingSet) -> ServedRollout? {
        guard let (stable, candidates) = versions(of: entry, base) else { return nil }
        let live = entry.live
        let names = Self.armNames(live)
        return ServedRollout(
            id: live.record.id, salt: live.salt, hasFallback: live.document.plan.hasFallback,
            stable: ServedArm(name: names[0], served: stable),
            candidates: candidates.enumerated().map { index, candidate in
                let routing = live.routings[index]
                return ServedCandidate(
                    arm: ServedArm(name: names[index + 1], served: candidate), routing: routing,
                    weight: routing.candidateWeight,
                    sharesSchema: candidate.model.schema == stable.model.schema)
            }, split: live.document.experiment?.split, ledger: entry.ledger, shadows: shadows)
    }
}
