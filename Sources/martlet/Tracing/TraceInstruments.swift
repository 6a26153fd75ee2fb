// SPDX-License-Identifier: Apache-2.0
import Serving
package import Telemetry

/// What is counted about the export of spans.
package struct TraceInstruments: Sendable {
    private let exported: Counter.Cell
    private let failures: Counter.Cell
    private let rejected: Counter.Cell
    private let givenUp: Counter.Cell
    private let crowdedOut: Counter.Cell

    package init(_ metrics: MetricsRegistry) {
        exported =
            metrics.counter(
                "trace_spans_exported_total", "Spans that the collector has taken.")[
                metrics.sharedShard]
        failures =
            metrics.counter(
                "trace_export_failures_total",
                "Attempts to tell the collector that have failed, those that were made again included."
            )[metrics.sharedShard]
        rejected = SpanBuffer.dropped("rejected", metrics)
        givenUp = SpanBuffer.dropped("export_failed", metrics)
        crowdedOut = SpanBuffer.dropped("queue_full", metrics)
    }

    func countTaken(_ count: Int, rejected rejectedCount: Int) {
        exported.add(count - rejectedCount)
        rejected.add(rejectedCount)
    }

    func count(_ news: DeliveryQueue<SpanBatch>.News, of batch: SpanBatch) {
        switch news {
        case .delivered: break
        case .putOff: failures.add()
        case .givenUp:
            failures.add()
            givenUp.add(batch.count)
        case .dropped: crowdedOut.add(batch.count)
        }
    }
}
