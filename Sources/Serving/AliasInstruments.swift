// SPDX-License-Identifier: Apache-2.0
import Registry
import Telemetry

/// What the metrics say of each alias: the version that it serves, and how old that is.
struct AliasInstruments {
    private struct Key: Hashable {
        let model: String
        let alias: String

        var labels: Labels { ["model": model, "alias": alias] }
    }

    private let metrics: MetricsRegistry
    private var shown: Set<Key> = []

    init(_ metrics: MetricsRegistry) {
        self.metrics = metrics
    }

    /// - Parameters:
    ///   - served: by model and alias; a version that was refused is not among them.
    ///   - versions: with the time at which each was registered.
    mutating func show(_ served: [String: [String: ServedModel]], _ versions: [VersionRecord]) {
        var present: Set<Key> = []
        for (model, aliases) in served {
            for (alias, version) in aliases {
                guard
                    let record = versions.first(where: {
                        $0.model == model && $0.version == version.version
                    })
                else { continue }
                let key = Key(model: model, alias: alias)
                present.insert(key)
                metrics.gauge(
                    "model_alias_version", "The version that is served under the alias.", key.labels
                ).set(Double(record.version))
                metrics.gauge(
                    "model_alias_registered_timestamp_seconds",
                    "When the version that is served under the alias was registered.", key.labels
                ).set(Double(record.createdAt.milliseconds) / 1000)
            }
        }
        for key in shown.subtracting(present) {
            metrics.removeSeries(with: key.labels, inFamilies: "model_alias_")
        }
        shown = present
    }
}
