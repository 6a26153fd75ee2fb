// SPDX-License-Identifier: Apache-2.0
import Dispatch
import JSON
import Models
import Registry
import Rollout
import Synchronization
import Telemetry

/// What the API asks of rollouts. Everything here may wait for the registry: it is called on the
/// control side, never on a loop.
extension RolloutEngine {
    /// What `POST /rollouts` asks for.
    struct Order: Sendable {
        /// `nil` for the only model that is served.
        var model: String?
        /// `nil` where an experiment's arms name the candidates.
        var candidate: Int?
        var plan: PlanDocument
        var supersedes: Bool
        var reason: String?
    }

    /// Begins a rollout: it is recorded first, and runs when its candidate has been loaded and
    /// checked.
    ///
    /// - Parameter forbidsPublisher: whether a version's publisher may not have it tried, as a
    ///   rollout ends in its promotion.
    func start(
        _ order: Order, actor: String, forbidsPublisher: Bool
    ) throws(RolloutProblem) -> RolloutDocument {
        let base = state.withLock { $0.base }
        guard
            let name = order.model ?? base.defaultModel?.name,
            let model = base.entry(named: name)
        else { throw .unknownModel(order.model ?? "") }
        guard let stable = model.registeredAliases["production"] else {
            throw .noStableVersion(model.name)
        }
        guard model.primaryAlias == "production" else {
            throw .notOfProduction(alias: model.primaryAlias)
        }
        let candidate = try Self.candidate(order, stable: stable)
        let record: RolloutRecord
        do throws(RegistryError) {
            let registry = try Registry(path: registryPath, mode: .readWrite, busySeconds: 2)
            try Self.check(order.plan.experiment?.arms ?? [], of: model.name, in: registry)
            if forbidsPublisher {
                let arms = order.plan.experiment?.arms.dropFirst().map(\.version) ?? [candidate]
                try Self.refuse(actor, whoPublished: arms, of: model.name, in: registry)
            }
            var random = SystemRandomNumberGenerator()
            let salt = Salt(low: random.next(), high: random.next())
            let states = max(1, (order.plan.experiment?.arms.count ?? 2) - 1)
            record = try registry.start(
                RolloutDraft(
                    model: ModelName(model.name),
                    kind: order.plan.experiment == nil ? "canary" : "ab", stable: stable,
                    candidate: candidate, plan: order.plan.json.text, salt: salt.hex,
                    state: Array(repeating: RolloutState.verifying.text, count: states)
                        .joined(separator: " "),
                    actor: actor, reason: order.reason ?? "started", supersedes: order.supersedes))
        } catch {
            throw RolloutProblem(error)
        }
        queue.sync {
            state.withLock { state in
                if state.entries[record.id] == nil {
                    insert(record, &state, at: MonotonicClock.nanoseconds())
                }
            }
        }
        return try document(of: record.id)
    }

    private static func refuse(
        _ actor: String, whoPublished versions: [Int], of model: String, in registry: Registry
    ) throws(RegistryError) {
        let name = try ModelName(model)
        for version in versions {
            let publisher = try registry.version(version, of: name).createdBy
            guard publisher != actor else {
                throw .publisherCannotApprove(
                    model: model, version: version, publisher: publisher)
            }
        }
    }

    /// An arm that no version is would keep the rollout verifying to its deadline.
    private static func check(
        _ arms: [ExperimentPlan.Arm], of model: String, in registry: Registry
    ) throws(RegistryError) {
        guard !arms.isEmpty else { return }
        let versions = try registry.snapshot().versions.filter { $0.model == model }.map(\.version)
        for arm in arms where !versions.contains(arm.version) {
            throw .unknownVersion(model, arm.version)
        }
    }

    private static func candidate(
        _ order: Order, stable: Int
    ) throws(RolloutProblem) -> Int {
        if let arms = order.plan.experiment?.arms {
            guard arms[0].version == stable else {
                throw .firstArmNotStable(version: arms[0].version, stable: stable)
            }
            guard order.candidate == nil else {
                throw .malformedRequest("an experiment's candidates are its arms")
            }
            return arms[1].version
        }
        guard let candidate = order.candidate else {
            throw .malformedRequest("'candidate' is missing: the version to try")
        }
        guard candidate != stable else { throw .candidateIsStable(version: candidate) }
        return candidate
    }

    /// Carries out an operator's command and waits until it has been recorded, or cannot be.
    func carryOut(
        _ command: Command, on id: Int, version: Int?, actor: String, reason: String?,
        forbidsPublisher: Bool
    ) throws(RolloutProblem) -> RolloutDocument {
        let outcome = queue.sync { () -> Result<Void, RolloutProblem> in
            state.withLock { state in
                guard var entry = state.entries[id] else { return .failure(.unknown(id: "\(id)")) }
                if command == .promote || command == .resume, forbidsPublisher,
                    let refusal = Self.refusal(of: actor, version, entry.live, state.base)
                {
                    return .failure(refusal)
                }
                let now = MonotonicClock.nanoseconds()
                let hasApplied = entry.live.obey(
                    command, version: version, actor: actor, reason: reason, at: now)
                guard hasApplied else {
                    let isVague = command == .promote && version == nil
                    return .failure(
                        isVague && entry.live.versions.count > 1
                            ? .promotesWhich
                            : .notApplicable(
                                command: "\(command)", state: entry.live.stateText))
                }
                record(&entry, at: now)
                state.entries[id] = entry
                publishIfChanged(&state)
                return .success(())
            }
        }
        // Over already: known by its record only.
        if case .failure(.unknown) = outcome {
            let record = try read { registry throws(RegistryError) in try registry.rollout(id) }
            throw .notApplicable(command: "\(command)", state: record.state)
        }
        if case .failure(let problem) = outcome { throw problem }
        // Each round is a step that was written, or overtaken and written again.
        for _ in 0..<8 {
            writer.sync {}
            let (fault, isSettled) = queue.sync {
                state.withLock { state in
                    (
                        state.entries[id]?.fault,
                        state.entries[id]?.live.steps.isEmpty ?? true
                    )
                }
            }
            if let fault { throw .notRecordedYet(command: "\(command)", reason: fault) }
            if isSettled { break }
        }
        return try document(of: id)
    }

    /// Why somebody may not let a rollout go on: they published what it would promote, or nobody
    /// can say who did.
    private static func refusal(
        of actor: String, _ version: Int?, _ live: LiveRollout, _ base: ServingSet
    ) -> RolloutProblem? {
        for version in version.map({ [$0] }) ?? live.versions {
            let publisher = base.catalogue.versions.first {
                $0.model == live.record.model && $0.version == version
            }?.createdBy
            if publisher == nil || publisher == actor {
                return .publisherCannotApprove(publisher: publisher ?? "nobody", version: version)
            }
        }
        return nil
    }

    /// Takes what a label says of both versions' answers.
    func observe(_ label: LabelOutcome, candidateVersion: Int, rollout id: Int) {
        let entry = state.withLock { $0.entries[id] }
        guard let entry,
            let index = entry.live.versions.firstIndex(of: candidateVersion)
        else { return }
        entry.ledger.record(label, candidate: index, shard: metrics.sharedShard)
    }

    /// Whether there is a set that was made from the registry.
    var knowsTheRegistry: Bool { state.withLock { $0.base.registryFault == nil } }

    /// The classes of a version that is loaded, in its order.
    func labels(of model: String, version: Int) -> [String] {
        let base = state.withLock { $0.base }
        return base.entry(named: model)?.versions[version]?.model.output.labels ?? []
    }

    /// Every rollout, newest first.
    func documents() -> [RolloutDocument] {
        let (entries, records) = state.withLock { ($0.entries, $0.base.catalogue.rollouts) }
        let live = entries.values.map { RolloutDocument($0.live, fault: $0.fault) }
        let over = records.filter { entries[$0.id] == nil }
            .map { RolloutDocument($0, evidence: .array([])) }
        return (live + over).sorted { $0.record.id > $1.record.id }
    }

    func document(of id: Int) throws(RolloutProblem) -> RolloutDocument {
        if let entry = state.withLock({ $0.entries[id] }) {
            return RolloutDocument(entry.live, fault: entry.fault)
        }
        let (record, events) = try read { registry throws(RegistryError) in
            (try registry.rollout(id), try registry.rolloutEvents(of: id))
        }
        let evidence = events.last.flatMap { try? JSONValue(parsing: $0.evidence) }
        return RolloutDocument(record, evidence: evidence ?? .array([]))
    }

    func events(of id: Int) throws(RolloutProblem) -> [RolloutEvent] {
        try read { registry throws(RegistryError) in
            _ = try registry.rollout(id)
            return try registry.rolloutEvents(of: id)
        }
    }

    private func read<Value>(
        _ body: (Registry) throws(RegistryError) -> Value
    ) throws(RolloutProblem) -> Value {
        do throws(RegistryError) {
            return try body(try Registry(path: registryPath, mode: .readOnly))
        } catch {
            throw RolloutProblem(error)
        }
    }
}
