// SPDX-License-Identifier: Apache-2.0
import Synchronization
package import Telemetry

/// Where spans wait to be exported: bounded, filled by any thread, emptied by one.
///
/// Whoever adds to it never waits for who empties it; what finds no room is dropped and counted.
package final class SpanBuffer: Sendable {
    private let byteCountMax: Int
    private let waiting = Mutex(SpanBatch())
    private let dropped: Counter.Cell

    /// - Parameter byteCountMax: of spans as they are written.
    package init(byteCountMax: Int = 1 << 20, metrics: MetricsRegistry) {
        self.byteCountMax = byteCountMax
        dropped = Self.dropped("buffer_full", metrics)
    }

    /// The counter of spans that were recorded, or would have been, and not exported.
    package static func dropped(_ reason: String, _ metrics: MetricsRegistry) -> Counter.Cell {
        metrics.counter(
            "trace_spans_dropped_total", "Spans of sampled requests that were not exported.",
            ["reason": reason])[metrics.sharedShard]
    }

    package func append(_ batch: borrowing SpanBatch) {
        guard batch.count > 0 else { return }
        let isTaken = waiting.withLock { waiting in
            guard waiting.bytes.count + batch.bytes.count < byteCountMax else { return false }
            waiting.append(batch)
            return true
        }
        if !isTaken { dropped.add(batch.count) }
    }

    /// What has come, in the order in which it came.
    package func take() -> SpanBatch {
        var taken = SpanBatch()
        waiting.withLock { swap(&$0, &taken) }
        return taken
    }

    /// A span of what happens seldom, a trace of its own.
    ///
    /// - Parameters:
    ///   - name: without anything that JSON escapes.
    ///   - start: monotonic, as `end`.
    package func append(
        _ name: StaticString, _ context: SpanContext, _ kind: SpanBatch.Kind = .part,
        start: UInt64, end: UInt64, hasFailed: Bool = false,
        texts: [(key: StaticString, value: String)] = [],
        numbers: [(key: StaticString, value: Int)] = []
    ) {
        let offset = MonotonicClock.unixOffsetNanoseconds()
        var batch = SpanBatch()
        batch.append(
            SpanBatch.Span(
                context, kind, start: Int(truncatingIfNeeded: start) &+ offset,
                end: Int(truncatingIfNeeded: end) &+ offset, hasFailed: hasFailed),
            name: name
        ) { attributes in
            for text in texts { attributes.add(text.key, text.value) }
            for number in numbers { attributes.add(number.key, number.value) }
        }
        append(batch)
    }
}
