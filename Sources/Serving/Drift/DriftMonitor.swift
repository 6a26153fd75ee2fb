// SPDX-License-Identifier: Apache-2.0
import Dispatch
package import JSON
package import Logging
import Models
import Registry
import Synchronization
package import Telemetry

/// Compares what versions are asked and answer with what they were made from, and tells when it has
/// drifted.
///
/// Once a second it takes the loops' counts over, on a queue of its own. A version without a
/// reference profile is not watched.
package final class DriftMonitor: Sendable {
    private let limits: DriftLimits
    private let metrics: MetricsRegistry
    private let logger: Logger
    private let onEvent: @Sendable (DriftEvent) -> Void
    private let watches = Mutex<[DriftWatch]>([])
    private let queue = DispatchQueue(label: "martlet.drift", qos: .utility)

    /// - Parameter onEvent: called on the monitor's queue, once for each variable that has drifted.
    /// - Returns: `nil` where the limits ask for no windows.
    package init?(
        _ limits: DriftLimits, metrics: MetricsRegistry, logger: Logger,
        onEvent: @escaping @Sendable (DriftEvent) -> Void
    ) {
        guard limits.rowCount > 0 else { return nil }
        self.limits = limits
        self.metrics = metrics
        self.logger = logger
        self.onEvent = onEvent
    }

    package func start() {
        queue.asyncAfter(deadline: .now() + .seconds(1)) { [weak self] in
            self?.collect(at: MonotonicClock.nanoseconds(), .now)
            self?.start()
        }
    }

    /// Watches a version from now on.
    ///
    /// - Returns: where it is counted; `nil` without a profile.
    func watch(_ name: String, version: Int, _ model: Model) -> DriftTally? {
        guard let profile = model.profile else { return nil }
        let tally = DriftTally(
            model, profile.layout, shardCount: metrics.shardCount,
            seed: MonotonicClock.nanoseconds())
        let watch = DriftWatch(
            name: name, version: version, model, profile, tally, limits, metrics)
        watches.withLock { $0.append(watch) }
        return tally
    }

    /// Watches a version no longer. Its series are for the caller to take away, after this.
    func forget(_ tally: DriftTally) {
        watches.withLock { $0.removeAll { $0.tally === tally } }
    }

    /// Takes over what was counted until now.
    func collect(at nanoseconds: UInt64, _ now: Timestamp) {
        let events = watches.withLock { watches in
            watches.indices.flatMap { watches[$0].collect(at: nanoseconds, now) }
        }
        // Not under the lock: whoever is told may ask for the document.
        for event in events {
            var metadata: Logger.Metadata = [
                "model": "\(event.model)", "model_version": "\(event.version)",
                "feature": "\(event.feature)", "severity": "\(event.severity.name)",
                "window": "\(event.window)", "window_rows": "\(event.windowRowCount)",
                "clustered": "\(event.isClustered)",
            ]
            for value in event.values {
                metadata[value.statistic.rawValue] = "\(value.value)"
            }
            logger.warning("drift", metadata: metadata)
            onEvent(event)
        }
    }

    /// What the last window of each watched version of a model says, by version. It may wait for a
    /// collection to end, which takes about a millisecond: not for a loop.
    package func document(model: String) -> JSONValue {
        let watched = watches.withLock { $0.filter { $0.model == model } }
        return [
            "model": .string(model), "window_rows": .integer(limits.rowCount),
            "window_seconds": .integer(limits.seconds),
            "versions": .array(
                watched.sorted { $0.version < $1.version }.map(\.document)),
        ]
    }
}
