// SPDX-License-Identifier: Apache-2.0
import Dispatch
package import Logging
import Registry
import Synchronization
package import Telemetry

/// Keeps what is served in step with the registry.
///
/// At an interval it asks SQLite whether the file has changed. Then it loads what is new, proves
/// it, and publishes a whole new set. Whatever goes wrong, the last good set stays: a registry that
/// is gone, locked or damaged is told and tried again. All of this runs on a control queue, never
/// on a loop.
package final class RegistryWatcher: Sendable {
    private struct State {
        var file: WatchedRegistry
        var builder: ServingSetBuilder
        var fault: String?
        var hasPublished = false
    }

    private let pollMilliseconds: Int
    private let logger: Logger
    private let metrics: MetricsRegistry
    private let publish: @Sendable (ServingSet) -> Void
    private let spans: SpanBuffer?
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "martlet.control", qos: .utility)
    private let lastSuccess: Gauge

    /// - Parameters:
    ///   - promises: what must be served; empty for every model with a `production` alias.
    ///   - drift: watches what is loaded.
    ///   - spans: where each reading of a registry that has changed leaves one.
    package init(
        path: String, promises: [Promise], pollMilliseconds: Int, metrics: MetricsRegistry,
        logger: Logger, drift: DriftMonitor? = nil, spans: SpanBuffer? = nil,
        publish: @escaping @Sendable (ServingSet) -> Void
    ) {
        self.pollMilliseconds = pollMilliseconds
        self.logger = logger
        self.metrics = metrics
        self.publish = publish
        self.spans = spans
        lastSuccess = metrics.gauge(
            "registry_last_success_timestamp_seconds",
            "When the registry was last found as it was, or read.")
        for result in ["success", "failure"] { Self.reloads(metrics, result)[0].add(0) }
        state = Mutex(
            State(
                file: WatchedRegistry(path: path),
                builder: ServingSetBuilder(
                    promises: promises, metrics: metrics, logger: logger, drift: drift)))
    }

    private static func reloads(_ metrics: MetricsRegistry, _ result: String) -> Counter {
        metrics.counter(
            "registry_reload_total", "Readings of a changed registry.", ["result": result])
    }

    /// Reads the registry once, now, and then whenever it changes.
    package func start() {
        poll()
        schedule()
    }

    private func schedule() {
        queue.asyncAfter(deadline: .now() + .milliseconds(pollMilliseconds)) { [weak self] in
            self?.poll()
            self?.schedule()
        }
    }

    private func poll() {
        state.withLock { state in
            let start = MonotonicClock.nanoseconds()
            do throws(RegistryError) {
                let isClean = try reload(&state)
                lastSuccess.set(Double(Timestamp.now.milliseconds) / 1000)
                if state.fault != nil { logger.notice("registry reachable again") }
                if state.fault != nil || !state.hasPublished {
                    publish(&state, fault: nil)
                    leaveSpan(since: start, isClean == false ? "version refused" : nil)
                }
            } catch {
                let fault = error.description
                guard fault != state.fault else { return }
                logger.error("registry unreachable", metadata: ["reason": "\(fault)"])
                Self.reloads(metrics, "failure")[metrics.sharedShard].add()
                state.file.forget()
                publish(&state, fault: fault)
                leaveSpan(since: start, fault)
            }
        }
    }

    /// - Returns: whether all that is new could be loaded; `nil` if nothing is new.
    private func reload(_ state: inout State) throws(RegistryError) -> Bool? {
        guard let registry = try state.file.news() else { return nil }
        let snapshot = try registry.snapshot()
        let isClean = try state.builder.update(snapshot, from: registry)
        Self.reloads(metrics, isClean ? "success" : "failure")[metrics.sharedShard].add()
        state.file.acknowledge()
        state.hasPublished = false
        return isClean
    }

    /// A trace of its own: nobody asked for it.
    private func leaveSpan(since start: UInt64, _ problem: String?) {
        guard let spans else { return }
        var identifiers = IdentifierSource()
        var texts: [(key: StaticString, value: String)] = []
        if let problem { texts.append(("error.type", problem)) }
        spans.append(
            "registry reload", SpanContext(root: identifiers.next()), start: start,
            end: MonotonicClock.nanoseconds(), hasFailed: problem != nil, texts: texts)
    }

    private func publish(_ state: inout State, fault: String?) {
        state.fault = fault
        state.hasPublished = true
        publish(state.builder.makeSet(registryFault: fault))
    }
}
