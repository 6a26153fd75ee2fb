// SPDX-License-Identifier: Apache-2.0
import Dispatch
import JSON
package import Logging
package import Serving
import Synchronization
package import Telemetry

/// Runs a program when a model drifts or its quality falls: what trains a new version, which then
/// only enters a rollout.
package final class Retraining: Sendable {
    private let path: String
    private let timeoutSeconds: Int
    private let environment: [String: String]
    private let logger: Logger
    private let trigger: Mutex<RetrainTrigger>
    private let isClosed = Atomic<Bool>(false)
    private let queue = DispatchQueue(label: "martlet.retraining", qos: .utility)
    /// Entered while the program runs.
    private let runs = DispatchGroup()
    private let instruments: RetrainInstruments

    /// - Parameter environment: of this process; what is the server's own in it is not handed on.
    package init(
        path: String, timeoutSeconds: Int, cooldownSeconds: Int, environment: [String: String],
        metrics: MetricsRegistry, logger: Logger
    ) {
        self.path = path
        self.timeoutSeconds = timeoutSeconds
        self.environment = environment.filter { !$0.key.hasPrefix("MARTLET_") }
        self.logger = logger
        trigger = Mutex(RetrainTrigger(cooldownSeconds: cooldownSeconds))
        instruments = RetrainInstruments(metrics)
    }

    /// Starts the program if the event asks for it. Does not wait.
    package func consider(_ event: ServiceEvent) {
        switch event.kind {
        case .rollout: return
        case .drift, .quality: break
        }
        guard event.severity != .info, !isClosed.load(ordering: .relaxed) else { return }
        let now = MonotonicClock.nanoseconds()
        let reason: String
        switch trigger.withLock({ $0.decide(event.model, at: now) }) {
        case .run:
            queue.async(group: runs) { self.run(event) }
            return
        case .coolingDown(let seconds):
            instruments.countCoolingDown()
            reason = "the model's cool-down has \(seconds) seconds left"
        case .inFlight(let model):
            instruments.countInFlight()
            reason = "a training of '\(model)' runs"
        }
        logger.info(
            "retraining skipped",
            metadata: ["model": "\(event.model)", "id": "\(event.id)", "reason": "\(reason)"])
    }

    /// Starts no other run, and ends the one that is in flight: by SIGTERM, a second later by
    /// force. Blocks until that is done.
    package func close() {
        isClosed.store(true, ordering: .relaxed)
        _ = runs.wait(timeout: .now() + .seconds(2))
    }

    private func run(_ event: ServiceEvent) {
        var input: [UInt8] = []
        event.json.append(to: &input)
        var variables = environment
        variables["MARTLET_EVENT"] = event.kind.rawValue
        variables["MARTLET_EVENT_ID"] = event.id
        variables["MARTLET_MODEL"] = event.model
        variables["MARTLET_VERSION"] = event.version.map { "\($0)" }
        variables["MARTLET_FEATURE"] = event.feature ?? ""
        let model = event.model
        logger.notice(
            "retraining started", metadata: ["model": "\(model)", "program": "\(path)"])
        let program = ChildProgram(
            path: path, input: input, environment: variables, timeoutSeconds: timeoutSeconds)
        let end = program.run(isCancelled: { self.isClosed.load(ordering: .relaxed) }) { line in
            logger.info("retraining output", metadata: ["model": "\(model)", "line": "\(line)"])
        }
        trigger.withLock { $0.finish() }
        instruments.count(end)
        logger.log(
            level: end == .exited(0) ? .notice : .error, "retraining ended",
            metadata: ["model": "\(model)", "end": "\(end)"])
    }
}

/// What is counted about runs of the program.
private struct RetrainInstruments: Sendable {
    private let succeeded: Counter.Cell
    private let failed: Counter.Cell
    private let timedOut: Counter.Cell
    private let coolingDown: Counter.Cell
    private let inFlight: Counter.Cell

    init(_ metrics: MetricsRegistry) {
        let runs = { (result: String) in
            metrics.counter(
                "retrain_runs_total", "Runs of the program that trains anew.", ["result": result])[
                    metrics.sharedShard]
        }
        let skipped = { (reason: String) in
            metrics.counter(
                "retrain_skipped_total", "Events that did not start a training.",
                ["reason": reason])[metrics.sharedShard]
        }
        succeeded = runs("succeeded")
        failed = runs("failed")
        timedOut = runs("timed_out")
        coolingDown = skipped("cooldown")
        inFlight = skipped("in_flight")
    }

    func count(_ end: ChildProgram.End) {
        switch end {
        case .exited(0): succeeded.add()
        case .timedOut: timedOut.add()
        case .exited, .signalled, .cancelled, .notStarted, .lost: failed.add()
        }
    }

    func countCoolingDown() { coolingDown.add() }
    func countInFlight() { inFlight.add() }
}
