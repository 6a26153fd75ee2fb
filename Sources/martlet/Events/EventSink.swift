// SPDX-License-Identifier: Apache-2.0
import Glibc
package import Logging
package import Serving
import Synchronization
package import Telemetry

/// Where events go: the log, a webhook, a program that trains anew.
///
/// Whoever emits does not wait; delivery has a queue of its own and goes one at a time, in order.
package final class EventSink: Sendable {
    private let deliveries: DeliveryQueue<ServiceEvent>?
    private let retraining: Retraining?
    private let logger: Logger
    private let instruments: EventInstruments
    private let told: Mutex<Deduplication>

    /// An event is told once a day at most.
    private static let windowNanoseconds: UInt64 = 86_400 * 1_000_000_000
    private static let idCountMax = 10_000

    /// - Parameters:
    ///   - webhook: `nil` where none is to hear of events.
    ///   - queueCountMax: how many events may wait for the webhook.
    ///   - spans: where each attempt to tell the webhook leaves one.
    package init(
        webhook: Webhook?, retraining: Retraining?, queueCountMax: Int, metrics: MetricsRegistry,
        logger: Logger, spans: SpanBuffer? = nil
    ) {
        self.retraining = retraining
        self.logger = logger
        let instruments = EventInstruments(metrics)
        self.instruments = instruments
        told = Mutex(
            Deduplication(windowNanoseconds: Self.windowNanoseconds, idCountMax: Self.idCountMax))
        deliveries = webhook.map { webhook in
            DeliveryQueue(label: "martlet.events", countMax: queueCountMax) {
                webhook.deliver($0, unixSeconds: time(nil), spans: spans)
            } tell: { event, news in
                instruments.count(news)
                Self.log(news, of: event, to: webhook, logger)
            }
        }
    }

    /// Takes an event from any thread. Does not wait.
    package func emit(_ event: ServiceEvent) {
        let now = MonotonicClock.nanoseconds()
        guard told.withLock({ $0.admits(event.id, at: now) }) else {
            return instruments.countDuplicate()
        }
        log(event)
        retraining?.consider(event)
        deliveries?.append(event)
    }

    /// Takes no more for the webhook and ends a training that runs.
    ///
    /// - Parameter milliseconds: for which those that wait may still be delivered. Blocks as long.
    package func close(withinMilliseconds milliseconds: Int) {
        defer { retraining?.close() }
        let count = deliveries?.close(withinMilliseconds: milliseconds) ?? 0
        guard count > 0 else { return }
        logger.warning("events not delivered before the end", metadata: ["count": "\(count)"])
    }

    private static func log(
        _ news: DeliveryQueue<ServiceEvent>.News, of event: ServiceEvent, to webhook: Webhook,
        _ logger: Logger
    ) {
        switch news {
        case .delivered: logger.debug("event delivered", metadata: ["id": "\(event.id)"])
        case .putOff(let reason, let milliseconds):
            logger.info(
                "event not delivered yet",
                metadata: [
                    "id": "\(event.id)", "reason": "\(reason)",
                    "retry_milliseconds": "\(milliseconds)",
                ])
        case .givenUp(let reason):
            logger.error(
                "event not delivered",
                metadata: [
                    "id": "\(event.id)", "webhook": "\(webhook.origin)", "reason": "\(reason)",
                ])
        case .dropped:
            logger.warning(
                "event dropped, too many wait for the webhook", metadata: ["id": "\(event.id)"])
        }
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
