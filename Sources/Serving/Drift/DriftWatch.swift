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
    /// The severity that each variable's last event told.
    private var told: [String: DriftSeverity] = [:]
    private var latest: (window: DriftWindow, at: Timestamp)?

    /// - Parameter model: has this profile.
    init(
        name: String, version: Int, _ model: Model, _ profile: ReferenceProfile,
        _ tally: DriftTally, _ limits: DriftLimits
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
    mutating func collect(
        at nanoseconds: UInt64, _ now: Timestamp, _ metrics: MetricsRegistry
    ) -> [DriftEvent] {
        let tally = tally
        guard windows.add(at: nanoseconds, { tally.collect(into: &$0) }),
            let window = windows.close(unitCount: tally.collectUnits())
        else { return [] }
        latest = (window, now)
        let variables =
            Array(zip(featureNames, window.inputs)) + Array(zip(outputNames, window.outputs))
        record(variables, metrics)
        var events: [DriftEvent] = []
        for (index, (name, drift)) in variables.enumerated() {
            guard drift.severity >= .warning else {
                told[name] = nil
                continue
            }
            guard told[name].map({ $0 < drift.severity }) ?? true else { continue }
            told[name] = drift.severity
            let part = index < featureNames.count ? profile.inputs : profile.outputs
            events.append(event(name, drift, window, part.rowCount, now))
        }
        for event in events { count(event.severity, 1, metrics) }
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

/// Metrics. The version's other instruments take its series away when it goes, by their labels.
extension DriftWatch {
    /// Makes the counters visible before they count.
    func register(in metrics: MetricsRegistry) {
        windowCounter(metrics)[metrics.sharedShard].add(0)
        for severity in [DriftSeverity.warning, .critical] { count(severity, 0, metrics) }
    }

    private func windowCounter(_ metrics: MetricsRegistry) -> Counter {
        metrics.counter(
            "drift_windows_total", "Windows of rows that were compared with the reference.",
            ["model": model, "version": "\(version)"])
    }

    private func count(_ severity: DriftSeverity, _ count: Int, _ metrics: MetricsRegistry) {
        metrics.counter(
            "drift_events_total", "Drifts that were told, by severity.",
            ["model": model, "version": "\(version)", "severity": severity.name])[
                metrics.sharedShard
            ].add(count)
    }

    private func record(
        _ variables: [(name: String, drift: VariableDrift)], _ metrics: MetricsRegistry
    ) {
        windowCounter(metrics)[metrics.sharedShard].add()
        for (name, drift) in variables where gaugedNames.contains(name) {
            metrics.gauge(
                "drift_severity",
                "How far the feature has drifted: 0 no drift, 1 notice, 2 warning, 3 critical.",
                ["model": model, "version": "\(version)", "feature": name]
            ).set(Double(drift.severity.rawValue))
            for (statistic, value) in drift.statistics {
                metrics.gauge(
                    "drift_index", "How the last window differs from the reference.",
                    [
                        "model": model, "version": "\(version)", "feature": name,
                        "statistic": statistic.rawValue,
                    ]
                ).set(value)
            }
        }
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
