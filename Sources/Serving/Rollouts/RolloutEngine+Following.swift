// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Logging
import Registry
import Rollout
import Telemetry

/// Taking up what the registry says of rollouts.
extension RolloutEngine {
    /// - Parameter isLatest: whether the registry was just read. A set may have been waiting for a
    ///   large version since, and says nothing of what has begun or ended meanwhile.
    func follow(_ records: [RolloutRecord], isLatest: Bool, _ state: inout State) {
        for record in records where record.isTerminal { state.ended.insert(record.salt) }
        let now = MonotonicClock.nanoseconds()
        defer { countLives(&state) }
        for record in records {
            if let entry = state.entries[record.id], entry.live.record.salt != record.salt {
                // Another registry has been put in the place of the one that had this number.
                entry.instruments.end()
                state.entries[record.id] = nil
            }
            if var entry = state.entries[record.id] {
                if entry.live.adopt(record) {
                    tell(entry, "rollout followed")
                } else if !entry.isRecording, record.sequence > entry.live.record.sequence {
                    // Steps wait here for a registry that this server cannot write; others can.
                    entry.live.conflicted(with: record)
                    tell(entry, "rollout followed")
                }
                entry.isKnown = true
                state.entries[record.id] = entry
            } else if !state.ended.contains(record.salt), !state.refused.contains(record.salt),
                state.base.entry(named: record.model) != nil
            {
                insert(record, &state, at: now)
            }
        }
        // Another registry may have been put in this one's place.
        let known = Set(records.map(\.id))
        for (id, entry) in state.entries where isLatest && !known.contains(id) && entry.isKnown {
            entry.instruments.end()
            state.entries[id] = nil
        }
        // One that is over stays until the version that it promoted is what its model is asked for.
        for (id, entry) in state.entries where entry.live.record.isTerminal {
            let primary = state.base.entry(named: entry.live.record.model)?.primary
            let isSettled =
                entry.live.verdict != .pass || primary?.version != entry.live.record.stable
            if isSettled {
                state.ended.insert(entry.live.record.salt)
                entry.instruments.end()
                state.entries[id] = nil
            }
        }
    }

    func insert(_ record: RolloutRecord, _ state: inout State, at now: UInt64) {
        do throws(RolloutProblem) {
            var live = try LiveRollout(record, at: now)
            restore(&live, state)
            let ledger = RolloutLedger(
                shardCount: shards, candidates: live.versions.count
            ) { [weak self] in self?.judgeSoon(record.id) }
            let instruments = RolloutInstruments(
                metrics, model: record.model, arms: Self.armNames(live))
            state.entries[record.id] = Entry(
                live: live, ledger: ledger, instruments: instruments)
            logger.notice("rollout begins here", metadata: Self.metadata(record))
        } catch {
            state.refused.insert(record.salt)
            logger.error(
                "rollout cannot be followed",
                metadata: ["rollout": "\(record.id)", "reason": "\(error)"])
        }
    }

    static func armNames(_ live: LiveRollout) -> [String] {
        ["stable"]
            + (live.document.experiment == nil
                ? ["candidate"] : live.versions.indices.map { "arm-\($0 + 1)" })
    }
}
