// SPDX-License-Identifier: Apache-2.0
import Telemetry

/// The metrics of one served version. Labels come from the registry, never from a request.
final class ModelInstruments: Sendable {
    let predictions: Counter
    let durations: Histogram
    private let labels: Labels
    private let registry: MetricsRegistry
    private let model: String
    private let version: String

    init(_ registry: MetricsRegistry, model: String, version: Int) {
        self.registry = registry
        self.model = model
        self.version = "\(version)"
        labels = ["model": model, "version": self.version]
        predictions = registry.counter("model_predictions_total", "Rows predicted.", labels)
        durations = registry.histogram(
            "model_prediction_duration_seconds",
            "Time to run the model on one request's rows and write its answer.", labels)
        registry.gauge("model_loaded", "Whether the version is resident.", labels).set(1)
    }

    func record(rowCount: Int, nanoseconds: Int, shard: Int) {
        predictions.add(rowCount, shard: shard)
        durations.observe(nanoseconds: nanoseconds, shard: shard)
    }

    /// - Parameter reason: a problem's slug, of which there are a dozen.
    func countError(_ reason: String, shard: Int) {
        registry.counter(
            "model_prediction_errors_total", "Requests that this version could not answer.",
            ["model": model, "version": version, "reason": reason])[shard].add()
    }

    func describe(digest: String, kind: String) {
        registry.gauge(
            "model_info", "What the version is.",
            ["model": model, "version": version, "digest": digest, "kind": kind]
        ).set(1)
    }

    /// Takes the version's series away.
    func retire() {
        registry.removeSeries(with: labels)
    }
}
