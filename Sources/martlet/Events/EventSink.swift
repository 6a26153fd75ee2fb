// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
package import Logging
package import Serving
import Synchronization
package import Telemetry

/// Where events go: the log, a webhook, a program that trains anew.
///
/// Whoever emits does not wait; delivery has a queue of its own and goes one at a time, in order.
package final class EventSink: Sendable {
    private struct State {
        var told: Deduplication
        var waiting: EventQueue
        var isDelivering = false
        var isClosed = false
    }

    private let webhook: Webhook?
    private let retraining: Retraining?
    private let logger: Logger
    private let instruments: EventInstruments
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "martlet.events", qos: .utility)
    /// Entered while something waits to be delivered.
    private let deliveries = DispatchGroup()

    /// An event is told once a day at most.
    private static let windowNanoseconds: UInt64 = 86_400 * 1_000_000_000
    private static let idCountMax = 10_000

    /// - Parameters:
    ///   - webhook: `nil` where none is to hear of events.
    ///   - queueCountMax: how many events may wait for the webhook.
    package init(
        webhook: Webhook?, retraining: Retraining?, queueCountMax: Int, metrics: MetricsRegistry,
        logger: Logger
    ) {
        self.webhook = webhook
        self.retraining = retraining
        self.logger = logger
        instruments = EventInstruments(metrics)
        state = Mutex(
            State(
                told: Deduplication(
                    windowNanoseconds: Self.windowNanoseconds, idCountMax: Self.idCountMax),
                waiting: EventQueue(countMax: queueCountMax)))
    }

    /// Takes an event from any thread. Does not wait.
    package func emit(_ event: ServiceEvent) {
        let now = MonotonicClock.nanoseconds()
        let (isNew, begins, dropped) = state.withLock { state -> (Bool, Bool, ServiceEvent?) in
            guard state.told.admits(event.id, at: now) else { return (false, false, nil) }
            guard webhook != nil, !state.isClosed else { return (true, false, nil) }
            let dropped = state.waiting.append(event)
            let begins = !state.isDelivering
            if begins {
                state.isDelivering = true
                deliveries.enter()
            }
            return (true, begins, dropped)
        }
        guard isNew else { return instruments.countDuplicate() }
        log(event)
        if let dropped {
            instruments.countDropped()
            logger.warning(
                "event dropped, too many wait for the webhook", metadata: ["id": "\(dropped.id)"])
        }
        retraining?.consider(event)
        if begins { queue.async { self.deliverNext() } }
    }

    /// Takes no more for the webhook and ends a training that runs.
    ///
    /// - Parameter milliseconds: for which those that wait may still be delivered. Blocks as long.
    package func close(withinMilliseconds milliseconds: Int) {
        state.withLock { $0.isClosed = true }
        defer { retraining?.close() }
        guard deliveries.wait(timeout: .now() + .milliseconds(milliseconds)) != .success else {
            return
        }
        let count = state.withLock { $0.waiting.count } + 1
        logger.warning("events not delivered before the end", metadata: ["count": "\(count)"])
    }

    private func deliverNext() {
        let next = state.withLock { state -> ServiceEvent? in
            let next = state.waiting.next()
            if next == nil { state.isDelivering = false }
            return next
        }
        guard let next else { return deliveries.leave() }
        deliver(next, Retry())
    }

    private func deliver(_ event: ServiceEvent, _ retry: Retry) {
        guard let webhook else { return }
        switch webhook.deliver(event, unixSeconds: time(nil)) {
        case .delivered:
            instruments.countDelivered()
            logger.debug("event delivered", metadata: ["id": "\(event.id)"])
        case .refused(let reason): give(up: event, reason)
        case .failed(let reason, let askedSeconds):
            var retry = retry
            let delay = retry.failed(jitter: .random(in: 0...1), askedSeconds: askedSeconds)
            guard let delay else {
                give(up: event, reason)
                break
            }
            instruments.countRetry()
            logger.info(
                "event not delivered yet",
                metadata: [
                    "id": "\(event.id)", "reason": "\(reason)", "retry_milliseconds": "\(delay)",
                ])
            queue.asyncAfter(deadline: .now() + .milliseconds(delay)) { [retry] in
                self.deliver(event, retry)
            }
            return
        }
        // Not a call from here, which would nest as deep as events wait.
        queue.async { self.deliverNext() }
    }

    private func give(up event: ServiceEvent, _ reason: String) {
        instruments.countFailed()
        logger.error(
            "event not delivered",
            metadata: [
                "id": "\(event.id)", "webhook": "\(webhook?.origin ?? "")", "reason": "\(reason)",
            ])
    }

    private func log(_ event: ServiceEvent) {
        instruments.count(event)
        let level: Logger.Level =
            switch event.severity {
            case .info: .info
            case .warning: .warning
            case .critical: .error
            }
        logger.log(
            level: level, "event",
            metadata: [
                "id": "\(event.id)", "kind": "\(event.kind.rawValue)", "model": "\(event.model)",
                "version": "\(event.version ?? 0)", "summary": "\(event.summary)",
            ])
    }
}
