// SPDX-License-Identifier: Apache-2.0
import JSON
import Logging
import Models
import Registry
import Telemetry

/// Turns the registry's state into what is served, loading and proving what is new.
///
/// Resident are the versions that an alias points to, those of rollouts under way, and each model's
/// newest. A version is served
/// only when its digest is right, its artifact is well formed and its golden rows are reproduced on
/// this machine; otherwise its aliases stay where they were.
struct ServingSetBuilder {
    private struct Key: Hashable {
        let model: String
        let version: Int
        let digest: String
    }

    private let wanted: [Promise]
    private let metrics: MetricsRegistry
    private let logger: Logger
    private let drift: DriftMonitor?
    private var loaded: [Key: ServedModel] = [:]
    private var refusals: [Key: String] = [:]
    /// Where each alias last pointed to a version that can be served.
    private var served: [String: [String: ServedModel]] = [:]
    private var snapshot = RegistrySnapshot.empty
    /// What the log was last told to be missing: a line for each model and alias.
    private var absences: [Absence] = []
    private var aliasInstruments: AliasInstruments

    init(
        promises: [Promise], metrics: MetricsRegistry, logger: Logger, drift: DriftMonitor?
    ) {
        wanted = promises
        self.metrics = metrics
        self.logger = logger
        self.drift = drift
        aliasInstruments = AliasInstruments(metrics)
    }

    /// Every promise, or one for each model in production where none was named.
    private var promises: [Promise] {
        guard wanted.isEmpty else { return wanted }
        return snapshot.aliases.filter { $0.alias == AliasName.production.description }
            .map { Promise(model: $0.model, alias: $0.alias) }
    }

    /// Takes over a new state of the registry.
    ///
    /// - Returns: whether every version that is wanted could be loaded.
    /// - Throws: when the registry could not be read; nothing has changed then that matters.
    mutating func update(
        _ snapshot: RegistrySnapshot, from registry: Registry
    ) throws(RegistryError) -> Bool {
        let needed = Set(
            snapshot.aliases.map { "\($0.model) \($0.version)" }
                + snapshot.rollouts.filter { !$0.isTerminal }.flatMap(Self.versions))
        let newest = Dictionary(
            snapshot.versions.map { ($0.model, $0.version) }, uniquingKeysWith: max)
        var resident: [Key: ServedModel] = [:]
        var isClean = true
        for record in snapshot.versions {
            guard
                needed.contains("\(record.model) \(record.version)")
                    || newest[record.model] == record.version,
                wanted.isEmpty || wanted.contains(where: { $0.model == record.model })
            else { continue }
            let key = Key(
                model: record.model, version: record.version, digest: record.digest.description)
            if let model = loaded[key] {
                resident[key] = model
            } else if let model = try load(key, from: registry) {
                resident[key] = model
            } else {
                isClean = false
            }
        }
        self.snapshot = snapshot
        placeAliases(resident)
        aliasInstruments.show(served, snapshot.versions)
        tellAbsences()
        retire(keeping: resident)
        return isClean
    }

    /// The versions that a rollout needs.
    private static func versions(of rollout: RolloutRecord) -> [String] {
        var versions = [rollout.stable, rollout.candidate]
        if let plan = try? JSONValue(parsing: rollout.plan) {
            versions += (plan["arms"]?.array ?? []).compactMap { $0["version"]?.integer }
        }
        return versions.map { "\(rollout.model) \($0)" }
    }

    private mutating func placeAliases(_ resident: [Key: ServedModel]) {
        var placed: [String: [String: ServedModel]] = [:]
        for alias in snapshot.aliases {
            let model = resident.first {
                $0.key.model == alias.model && $0.key.version == alias.version
            }?.value
            let before = served[alias.model]?[alias.alias]
            placed[alias.model, default: [:]][alias.alias] = model ?? before
            if let model, model !== before {
                logger.info(
                    "loaded",
                    metadata: [
                        "model": "\(alias.model)", "alias": "\(alias.alias)",
                        "model_version": "\(alias.version)", "digest": "\(model.digest)",
                        "row_nanoseconds": "\(Int(model.rowCost.plain.nanoseconds))",
                    ])
            }
        }
        served = placed
    }

    private struct Absence: Equatable {
        let promise: Promise
        let reason: String
    }

    /// Warns of what is promised but not in the registry, once, until that changes. A version that
    /// is there and refused has a line of its own.
    private mutating func tellAbsences() {
        let found = wanted.compactMap { promise -> Absence? in
            let isAliased = snapshot.aliases.contains {
                $0.model == promise.model && $0.alias == promise.alias
            }
            guard !isAliased else { return nil }
            let isNamed = snapshot.versions.contains { $0.model == promise.model }
            let error: RegistryError =
                isNamed
                ? .unknownAlias(promise.model, alias: promise.alias) : .unknownModel(promise.model)
            return Absence(promise: promise, reason: error.description)
        }
        for absence in found where !absences.contains(absence) {
            logger.warning(
                "promised model absent",
                metadata: [
                    "model": "\(absence.promise.model)", "alias": "\(absence.promise.alias)",
                    "reason": "\(absence.reason)",
                ])
        }
        absences = found
    }

    /// Keeps what is resident or still served in a refused version's stead.
    private mutating func retire(keeping resident: [Key: ServedModel]) {
        let inUse = Set(served.values.flatMap(\.values).map(ObjectIdentifier.init))
        for (key, model) in loaded
        where resident[key] == nil && !inUse.contains(ObjectIdentifier(model)) {
            loaded[key] = nil
            if let tally = model.drift { drift?.forget(tally) }
            model.instruments.retire()
        }
        loaded.merge(resident) { $1 }
    }

    /// - Returns: `nil` when the version is refused, with a log line and the reason kept.
    private mutating func load(
        _ key: Key, from registry: Registry
    ) throws(RegistryError) -> ServedModel? {
        if refusals[key] != nil { return nil }
        let reason: String
        do throws(RegistryError) {
            let artifact = try registry.artifact(key.version, of: ModelName(key.model))
            do throws(ArtifactError) {
                let model = try Model(artifact: artifact)
                    .calibrated(by: MonotonicClock.nanoseconds)
                try model.verifyGoldenRows()
                return makeServed(key, model)
            } catch {
                reason = error.description
            }
        } catch .digestMismatch(let name, let version) {
            reason = RegistryError.digestMismatch(model: name, version: version).description
        } catch {
            throw error
        }
        refusals[key] = reason
        metrics.counter(
            "model_refused_total", "Versions that failed their proof.", ["model": key.model])[
                metrics.sharedShard
            ].add()
        logger.error(
            "version refused",
            metadata: [
                "model": "\(key.model)", "model_version": "\(key.version)",
                "reason": "\(reason)",
            ])
        return nil
    }

    private func makeServed(_ key: Key, _ model: Model) -> ServedModel {
        let instruments = ModelInstruments(metrics, model: key.model, version: key.version)
        instruments.describe(digest: key.digest, kind: model.kind.name)
        let tally = drift?.watch(key.model, version: key.version, model)
        func served(_ rowCost: RowCost) -> ServedModel {
            ServedModel(
                name: key.model, version: key.version, digest: key.digest, model: model,
                rowCost: rowCost, instruments: instruments, drift: tally)
        }
        return served(RowCost(measuring: served(.zero)))
    }

    func makeSet(registryFault: String?) -> ServingSet {
        let names = Set(snapshot.versions.map(\.model)).sorted()
        let entries = names.filter { name in
            wanted.isEmpty || wanted.contains { $0.model == name }
        }.map(entry)
        return ServingSet(
            entries: entries, defaultName: wanted.first?.model, promises: promises,
            registryFault: registryFault, catalogue: snapshot)
    }

    private func entry(_ name: String) -> ServingSet.Entry {
        let registered = Dictionary(
            snapshot.aliases.filter { $0.model == name }.map { ($0.alias, $0.version) },
            uniquingKeysWith: { first, _ in first })
        var versions: [Int: ServedModel] = [:]
        for (key, model) in loaded where key.model == name { versions[key.version] = model }
        var refused: [Int: String] = [:]
        var failed: [Int: String] = [:]
        for record in snapshot.versions where record.model == name {
            guard versions[record.version] == nil else { continue }
            let key = Key(
                model: name, version: record.version, digest: record.digest.description)
            failed[record.version] = refusals[key]
            refused[record.version] =
                refusals[key] ?? "only versions with an alias, and the newest, are loaded."
        }
        let aliases = served[name] ?? [:]
        var promised = wanted.filter { $0.model == name }.map(\.alias)
        if promised.isEmpty { promised = [AliasName.production.description] }
        var faults: [String: String] = [:]
        for alias in promised {
            guard let target = registered[alias] else {
                faults[alias] = "the model has no alias '\(alias)'"
                continue
            }
            if aliases[alias]?.version != target {
                faults[alias] =
                    "version \(target) was refused: \(refused[target] ?? "it is not loaded")"
            }
        }
        return ServingSet.Entry(
            name: name, primaryAlias: promised.first { aliases[$0] != nil } ?? promised[0],
            faults: faults, aliases: aliases, versions: versions, refused: refused,
            refusals: failed, registeredAliases: registered)
    }
}
