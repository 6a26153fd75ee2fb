// SPDX-License-Identifier: Apache-2.0
import Dispatch
import JSON
import Logging
import Models
import Registry
import Rollout
import Synchronization
import Telemetry

/// Writing steps into the registry, and looking at candidates before they may answer.
extension RolloutEngine {
    /// Has the first unrecorded step recorded, unless one is on its way.
    func record(_ entry: inout Entry, at now: UInt64) {
        guard !entry.isRecording, let step = entry.live.steps.first, now >= entry.retryAt else {
            return
        }
        entry.isRecording = true
        let record = entry.live.record
        writer.async { [self] in
            let result = Self.write(step, after: record, path: registryPath)
            queue.async { [self] in
                state.withLock { finish(result, record.id, step, &$0) }
            }
        }
    }

    /// What became of a step.
    private enum Written {
        case recorded(RolloutRecord)
        /// Another server, or a person, has been first.
        case overtaken(RolloutRecord)
        /// Production has been moved elsewhere meanwhile.
        case notStable(String)
        case failed(String)
    }

    private static func write(
        _ step: LiveRollout.Step, after record: RolloutRecord, path: String
    ) -> Written {
        do throws(RegistryError) {
            let registry = try Registry(path: path, mode: .readWrite, busySeconds: 2)
            do throws(RegistryError) {
                return .recorded(
                    try registry.move(
                        RolloutMove(
                            rollout: record.id, expecting: record.sequence, to: step.to,
                            isTerminal: step.isTerminal, reason: step.reason,
                            evidence: step.evidence, actor: step.actor, promotes: step.promotes)))
            } catch .rolloutConflict {
                return .overtaken(try registry.rollout(record.id))
            } catch .rolloutEnded {
                return .overtaken(try registry.rollout(record.id))
            } catch .conflict(let alias, let expected, let found) {
                return .notStable("\(alias) is at \(found), not \(expected)")
            }
        } catch {
            return .failed(error.description)
        }
    }

    private func finish(
        _ result: Written, _ id: Int, _ step: LiveRollout.Step, _ state: inout State
    ) {
        guard var entry = state.entries[id] else { return }
        entry.isRecording = false
        let now = MonotonicClock.nanoseconds()
        switch result {
        case .recorded(let record):
            entry.fault = nil
            entry.live.recorded(record)
            entry.instruments.count(record)
            tell(entry, "rollout moved", by: step.actor)
            notify(ServiceEvent(record))
        case .overtaken(let record):
            entry.live.conflicted(with: record)
            tell(entry, "rollout followed")
        case .notStable(let reason):
            entry.live.abandon("production was moved: \(reason)")
        case .failed(let reason):
            if entry.fault != reason {
                logger.error(
                    "rollout step not recorded",
                    metadata: ["rollout": "\(id)", "to": "\(step.to)", "reason": "\(reason)"])
            }
            entry.fault = reason
            entry.retryAt = now + 1_000_000_000
        }
        if case .failed = result {} else { record(&entry, at: now) }
        state.entries[id] = entry
        publishIfChanged(&state)
    }

    /// Lets a rollout begin when its candidates have been loaded and read what the stable version
    /// reads; ends it when they cannot, or when production is somewhere else by now.
    func checkCandidates(_ entry: inout Entry, _ base: ServingSet, at now: UInt64) {
        guard !entry.live.isTerminal,
            let model = base.entry(named: entry.live.record.model),
            let stable = model.primary, model.faults[model.primaryAlias] == nil
        else { return }
        guard stable.version == entry.live.record.stable else {
            if entry.live.steps.isEmpty, model.registeredAliases["production"] == stable.version {
                entry.live.supersede(
                    "production moved to version \(stable.version)",
                    actor: LiveRollout.controllerActor)
            }
            return
        }
        guard entry.live.isVerifying else { return }
        for version in entry.live.versions {
            guard let candidate = model.versions[version] else {
                // Until it has been tried, the reason is that versions without an alias are not.
                if let reason = model.refusals[version] {
                    entry.live.verified(false, "version \(version): \(reason)", at: now)
                }
                return
            }
            if let reason = Self.incompatibility(of: candidate, with: stable) {
                entry.live.verified(false, "version \(version) \(reason)", at: now)
                return
            }
        }
        entry.live.verified(true, nil, at: now)
    }

    /// Why a candidate cannot take the stable version's place; `nil` when it can.
    private static func incompatibility(
        of candidate: ServedModel, with stable: ServedModel
    ) -> String? {
        let outputs = (candidate.model.output, stable.model.output)
        guard Set(outputs.0.labels) == Set(outputs.1.labels),
            outputs.0.labels.isEmpty == outputs.1.labels.isEmpty
        else { return "answers with other labels than version \(stable.version)" }
        var request = PredictRequest()
        for golden in stable.model.goldenRows {
            var text: [UInt8] = []
            text.append("{\"features\":")
            golden.record.append(to: &text)
            text.append(0x7D)
            do throws(InputProblem) {
                try request.read(text.span, schema: candidate.model.schema)
            } catch {
                return "cannot read what version \(stable.version) reads: \(error.wire.detail)"
            }
        }
        return nil
    }
}

extension ServiceEvent {
    /// A transition, told by the server that recorded it.
    fileprivate init(_ record: RolloutRecord) {
        let isBad = record.state.contains("rolled_back") || record.state.contains("quarantined")
        self.init(
            kind: .rollout, id: "rollout-\(record.id)-\(record.sequence)", model: record.model,
            version: record.candidate, severity: isBad ? .warning : .info,
            summary: "Rollout \(record.id) of \(record.model), version \(record.stable) to "
                + "\(record.candidate), is \(record.state): \(record.reason).",
            at: record.updatedAt.milliseconds,
            detail: [
                "rollout": .integer(record.id), "state": .string(record.state),
                "reason": .string(record.reason), "stable": .integer(record.stable),
            ])
    }
}
