// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Feedback
import Logging
import Registry
import Rollout
import Synchronization

/// What of a rollout outlives this process: its evidence, and how often the process has crashed
/// with it.
extension RolloutEngine {
    private static let saveNanoseconds: UInt64 = 2_000_000_000
    private static let unsavedCountMax = 2
    /// Lives in a row that crashed while a candidate was tried, after which it is not tried again.
    private static let crashesMax = 3

    /// Finds out how the lives before this one ended, once the registry tells which rollouts are
    /// under way.
    func beginLife(_ state: inout State) {
        guard let store, state.crashes == nil else { return }
        let active = state.base.catalogue.rollouts.filter { !$0.isTerminal }.map(\.id)
        do throws(FeedbackError) {
            state.crashes = try store.beginLife(activeRollouts: active)
        } catch {
            state.crashes = [:]
            logger.error(
                "feedback store out of order", metadata: ["reason": "\(error.description)"])
        }
    }

    /// Says which rollouts a crash from here on counts for, and ends those that too many crashes
    /// have counted for.
    func countLives(_ state: inout State) {
        guard let store, let crashes = state.crashes else { return }
        for (id, count) in crashes where count >= Self.crashesMax {
            guard var entry = state.entries[id], !entry.live.isTerminal else { continue }
            entry.live.blow(.crash, "\(count) lives of this server in a row have ended in a crash")
            state.entries[id] = entry
        }
        let active = state.entries.filter { !$0.value.live.isTerminal }.map(\.key).sorted()
        keeper.async { try? store.rolloutsActive(active) }
    }

    /// Goes on with what was known of a rollout when the last life ended.
    func restore(_ live: inout LiveRollout, _ state: State) {
        // Of one that has just begun there is none, and the store may be locked for seconds.
        guard let store, live.record.sequence > 0,
            let arms = try? store.evidence(rollout: live.record.id)
        else { return }
        for (arm, bytes, sequence) in arms {
            live.restore(bytes, candidate: arm, recordedSequence: sequence)
        }
        if !arms.isEmpty {
            logger.notice("rollout goes on with its evidence", metadata: Self.metadata(live.record))
        }
    }

    /// Writes all evidence down, before the process ends.
    package func finish() {
        queue.sync {
            state.withLock { state in
                for id in state.entries.keys {
                    state.entries[id]?.savedAt = 0
                    save(id, &state, at: .max)
                }
            }
        }
        writer.sync {}
        keeper.sync {}
    }

    /// Writes the evidence down, from time to time.
    func save(_ id: Int, _ state: inout State, at now: UInt64) {
        guard let store, let entry = state.entries[id],
            now - entry.savedAt >= Self.saveNanoseconds
        else { return }
        state.entries[id]?.savedAt = now
        let record = entry.live.record
        guard !record.isTerminal else {
            return keeper.async { try? store.forgetEvidence(rollout: id) }
        }
        // A store that is locked has more to do than it gets done.
        guard unsavedCount.load(ordering: .relaxed) < Self.unsavedCountMax || now == .max else {
            return
        }
        let controllers = entry.live.controllers
        unsavedCount.wrappingAdd(1, ordering: .relaxed)
        keeper.async { [self] in
            defer { unsavedCount.wrappingSubtract(1, ordering: .relaxed) }
            for (arm, controller) in controllers.enumerated() {
                try? store.saveEvidence(
                    rollout: id, arm: arm, bytes: controller.snapshot, sequence: record.sequence)
            }
        }
    }
}
