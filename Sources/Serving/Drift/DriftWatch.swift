// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Registry
import Rollout
import Telemetry

/// One version that is watched: its windows, what was told of them, and its metrics.
struct DriftWatch: Sendable {
    /// Of so many features at most there are gauges, the first by name; of all, a document.
    static let gaugedFeatureCountMax = 64

    let model: String
    let version: Int
    let tally: DriftTally
    private let profile: ReferenceProfile
    private let featureNames: [String]
    private let outputNames: [String]
    private let gaugedNames: Set<String>
    private var windows: DriftWindows
    private var instruments: DriftInstruments
    /// The severity that each variable's last event told.
    private var told: [String: DriftSeverity] = [:]
    private var latest: (window: DriftWindow, at: Timestamp)?

    /// - Parameter model: has this profile.
    init(
        name: String, version: Int, _ model: Model, _ profile: ReferenceProfile,
        _ tally: DriftTally, _ limits: DriftLimits, _ metrics: MetricsRegistry
    ) {
        self.model = name
        self.version = version
        self.tally = tally
        self.profile = profile
        featureNames = model.schema.features.map(\.name)
        outputNames = Self.outputNames(model.output)
        gaugedNames = Set(
            featureNames.sorted().prefix(Self.gaugedFeatureCountMax) + outputNames)
        windows = DriftWindows(profile, tally.layout, limits)
        instruments = DriftInstruments(metrics, model: name, version: version)
    }

    /// What a model answers, under names that say so.
    private static func outputNames(_ output: Output) -> [String] {
        switch output.task {
        case .regression: ["$prediction"]
        case .binary, .multiclass:
            output.profiledIndices.map { "$probability:\(output.labels[$0])" } + ["$prediction"]
        case .clusters: output.profiledIndices.map { "$distance:\($0)" } + ["$prediction"]
        }
    }

    /// Takes over what the loops have counted.
    ///
    /// - Returns: what is to be told of a window that has ended.
    mutating func collect(at nanoseconds: UInt64, _ now: Timestamp) -> [DriftEvent] {
        let tally = tally
        guard windows.add(at: nanoseconds, { tally.collect(into: &$0) }),
            let window = windows.close(unitCount: tally.collectUnits())
        else { return [] }
        latest = (window, now)
        let variables =
            Array(zip(featureNames, window.inputs)) + Array(zip(outputNames, window.outputs))
        instruments.countWindow()
        var events: [DriftEvent] = []
        for (index, (name, drift)) in variables.enumerated() {
            if gaugedNames.contains(name) { instruments.set(drift, of: name) }
            guard drift.severity >= .warning else {
                told[name] = nil
                continue
            }
            guard told[name].map({ $0 < drift.severity }) ?? true else { continue }
            told[name] = drift.severity
            let part = index < featureNames.count ? profile.inputs : profile.outputs
            events.append(event(name, drift, window, part.rowCount, now))
        }
        for event in events { instruments.countEvent(event.severity) }
        return events
    }

    private func event(
        _ name: String, _ drift: VariableDrift, _ window: DriftWindow, _ referenceRowCount: Int,
        _ now: Timestamp
    ) -> DriftEvent {
        DriftEvent(
            model: model, version: version, feature: name, severity: drift.severity,
            values: drift.statistics.map { .init(statistic: $0.statistic, value: $0.value) },
            window: window.number, windowRowCount: window.rowCount,
            referenceRowCount: referenceRowCount, isClustered: window.isClustered, at: now)
    }
}

/// What `GET /models/{model}/drift` tells of the version.
extension DriftWatch {
    var document: JSONValue {
        func source(_ part: ReferenceProfile.Part) -> JSONValue {
            ["source": .string(part.source.rawValue), "rows": .integer(part.rowCount)]
        }
        return [
            "version": .integer(version),
            "reference": [
                "inputs": source(profile.inputs), "outputs": source(profile.outputs),
            ],
            "window": latest.map { window, at in
                [
                    "number": .integer(window.number), "rows": .integer(window.rowCount),
                    "units": window.unitCount.map { .integer($0) } ?? .null,
                    "clustered": .boolean(window.isClustered), "ended_at": .string(at.description),
                    "severity": .string(window.severity.name),
                ]
            } ?? .null,
            "features": variables(featureNames, latest?.window.inputs),
            "outputs": variables(outputNames, latest?.window.outputs),
        ]
    }

    private func variables(_ names: [String], _ drifts: [VariableDrift]?) -> JSONValue {
        .array(
            zip(names, drifts ?? []).map { name, drift in
                var members: [JSONValue.Member] = [
                    .init(name: "name", value: .string(name)),
                    .init(name: "severity", value: .string(drift.severity.name)),
                ]
                for (statistic, value) in drift.statistics {
                    members.append(.init(name: statistic.rawValue, value: .number(value)))
                }
                if let distance = drift.distance {
                    members.append(
                        .init(name: "p_value", value: .number(distance.probability)))
                }
                return .object(members)
            })
    }
}
