// SPDX-License-Identifier: Apache-2.0
import Dispatch
package import Logging
package import Serving
import Synchronization
package import Telemetry

/// Takes what spans there are to a collector, once a second.
///
/// Serving never waits for it: spans wait in a buffer of a megabyte, then in a few batches, and
/// what finds no room is dropped and counted. That the collector fails is told once, and once that
/// it is back.
package final class TraceExporter: Sendable {
    private static let intervalMilliseconds = 1000
    /// Batches that wait while the collector does not take any; each is a buffer at most.
    private static let batchCountMax = 8

    package let buffer: SpanBuffer
    private let deliveries: DeliveryQueue<SpanBatch>
    private let queue = DispatchQueue(label: "martlet.traces", qos: .utility)
    private let logger: Logger

    package init(_ collector: TraceCollector, metrics: MetricsRegistry, logger: Logger) {
        self.logger = logger
        buffer = SpanBuffer(metrics: metrics)
        let instruments = TraceInstruments(metrics)
        let health = CollectorHealth(collector.origin, logger)
        deliveries = DeliveryQueue(
            label: "martlet.traces.delivery", countMax: Self.batchCountMax
        ) {
            collector.deliver($0)
        } tell: { batch, news in
            instruments.count(news, of: batch)
            health.hear(news)
        }
    }

    package func start() {
        queue.asyncAfter(deadline: .now() + .milliseconds(Self.intervalMilliseconds)) {
            [weak self] in
            self?.handOver()
            self?.start()
        }
    }

    private func handOver() {
        let batch = buffer.take()
        if batch.count > 0 { deliveries.append(batch) }
    }

    /// Takes no more.
    ///
    /// - Parameter milliseconds: for which what waits may still be exported. Blocks as long.
    package func close(withinMilliseconds milliseconds: Int) {
        handOver()
        let count = deliveries.close(withinMilliseconds: milliseconds)
        guard count > 0 else { return }
        logger.warning(
            "spans not exported before the end", metadata: ["batches": "\(count)"])
    }
}

/// Whether the collector takes spans, told when that changes.
private final class CollectorHealth: Sendable {
    private let origin: String
    private let logger: Logger
    private let isFailing = Atomic(false)

    init(_ origin: String, _ logger: Logger) {
        self.origin = origin
        self.logger = logger
    }

    func hear(_ news: DeliveryQueue<SpanBatch>.News) {
        switch news {
        case .delivered:
            guard isFailing.exchange(false, ordering: .relaxed) else { return }
            logger.notice("spans are exported again", metadata: ["collector": "\(origin)"])
        case .putOff(let reason, _), .givenUp(let reason):
            guard !isFailing.exchange(true, ordering: .relaxed) else { return }
            logger.warning(
                "spans not exported",
                metadata: ["collector": "\(origin)", "reason": "\(reason)"])
        case .dropped: break
        }
    }
}
