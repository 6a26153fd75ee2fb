// SPDX-License-Identifier: Apache-2.0
import Rollout
import Telemetry

/// The metrics of one watched version. Whoever retires the version takes its series away, by their
/// labels.
struct DriftInstruments: Sendable {
    private struct Gauges: Sendable {
        let severity: Gauge
        /// Made when the statistic is first known.
        var indices: [DriftStatistic: Gauge] = [:]
    }

    private let registry: MetricsRegistry
    private let model: String
    private let version: String
    private let windows: Counter.Cell
    private let events: [DriftSeverity: Counter.Cell]
    /// By the variable's name.
    private var gauges: [String: Gauges] = [:]

    init(_ registry: MetricsRegistry, model: String, version: Int) {
        self.registry = registry
        self.model = model
        self.version = "\(version)"
        windows =
            registry.counter(
                "drift_windows_total", "Windows of rows that were compared with the reference.",
                ["model": model, "version": self.version])[registry.sharedShard]
        var events: [DriftSeverity: Counter.Cell] = [:]
        for severity in [DriftSeverity.warning, .critical] {
            events[severity] =
                registry.counter(
                    "drift_events_total", "Drifts that were told, by severity.",
                    ["model": model, "version": self.version, "severity": severity.name])[
                    registry.sharedShard]
        }
        self.events = events
    }

    func countWindow() { windows.add() }

    func countEvent(_ severity: DriftSeverity) { events[severity]?.add() }

    mutating func set(_ drift: VariableDrift, of name: String) {
        var variable = gauges[name] ?? makeGauges(name)
        variable.severity.set(Double(drift.severity.rawValue))
        for (statistic, value) in drift.statistics {
            let gauge = variable.indices[statistic] ?? makeIndex(statistic, of: name)
            gauge.set(value)
            variable.indices[statistic] = gauge
        }
        gauges[name] = variable
    }

    private func makeGauges(_ name: String) -> Gauges {
        Gauges(
            severity: registry.gauge(
                "drift_severity",
                "How far the feature has drifted: 0 no drift, 1 notice, 2 warning, 3 critical.",
                ["model": model, "version": version, "feature": name]))
    }

    private func makeIndex(_ statistic: DriftStatistic, of name: String) -> Gauge {
        registry.gauge(
            "drift_index", "How the last window differs from the reference.",
            [
                "model": model, "version": version, "feature": name,
                "statistic": statistic.rawValue,
            ])
    }
}
