// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Telemetry

/// One loop's tracing: chooses the requests that are recorded, and collects their spans until the
/// loop's turn ends. Confined to that loop; a request that is not chosen costs it a few
/// nanoseconds, and one that is allocates nothing once the buffers have grown.
struct Tracer {
    private let scheme: StaticString
    private let buffer: SpanBuffer
    private let limited: Counter.Cell
    private var sampler: TraceSampler
    private var texts = RequestTrace.Texts()
    private var batch = SpanBatch()

    init(_ rules: TraceRules, metrics: MetricsRegistry, shard: Int) {
        buffer = rules.buffer
        scheme = rules.isSecure ? "https" : "http"
        limited = SpanBuffer.dropped("rate_limited", metrics)
        sampler = TraceSampler(
            share: rules.share, ratePerSecond: rules.ratePerSecond, seed: UInt64(shard))
    }

    /// - Parameter now: when the request's last byte was read, monotonic.
    /// - Returns: `nil` for a request that is not recorded.
    mutating func begin(
        _ request: borrowing HTTPRequest, _ message: Span<UInt8>, _ id: Identifier,
        nanoseconds now: UInt64
    ) -> RequestTrace? {
        let parent = request[.traceparent].flatMap { TraceParent($0, in: message) }
        let decision: TraceSampler.Decision
        if let parent {
            decision = sampler.decide(below: parent, nanoseconds: now)
        } else {
            // Only work begins a trace: what probes and scrapes ask for again and again tells
            // nothing.
            guard request.method == .post else { return nil }
            decision = sampler.decideRoot(nanoseconds: now)
        }
        switch decision {
        case .skip: return nil
        case .limit:
            limited.add()
            return nil
        case .record: break
        }
        texts.path.removeAll(keepingCapacity: true)
        texts.state.removeAll(keepingCapacity: true)
        message.extracting(request.path).withUnsafeBufferPointer {
            texts.path.append(contentsOf: $0)
        }
        if parent != nil { TraceState.append(of: request, in: message, to: &texts.state) }
        return RequestTrace(
            context: parent.map {
                SpanContext(traceID: $0.traceID, spanID: id.low, parent: .remote($0.parentID))
            } ?? SpanContext(root: id),
            id: id, method: request.method, isHTTP10: request.isHTTP10, start: now,
            unixOffset: MonotonicClock.unixOffsetNanoseconds())
    }

    /// Adds the span of a request that the loop has answered.
    mutating func finish(
        _ trace: RequestTrace, requestID: [UInt8], _ response: borrowing HTTPResponse
    ) {
        var texts = RequestTrace.Texts()
        swap(&texts, &self.texts)
        texts.requestID = requestID
        batch.append(
            trace, texts, scheme: scheme, response, end: MonotonicClock.nanoseconds())
        // Let go of, so that its owner may change it in place.
        texts.requestID = []
        swap(&texts, &self.texts)
    }

    /// Adds the spans of what models computed on the loop, and ends their recording.
    mutating func append(_ runs: inout ModelRuns, of trace: RequestTrace) {
        guard runs.isRecording else { return }
        runs.finish(of: trace, to: &batch)
    }

    /// The work of a request, with its spans when it is done.
    func follow(
        _ work: HTTPWork, _ trace: RequestTrace, requestID: [UInt8]
    ) -> HTTPDisposition {
        var texts = texts
        texts.requestID = requestID
        return .deferred(workTrace(of: trace).following(work, texts, scheme: scheme))
    }

    func workTrace(of trace: RequestTrace) -> WorkTrace {
        WorkTrace(trace: trace, buffer: buffer)
    }

    /// Hands over what the turn has collected.
    mutating func flush() {
        guard batch.count > 0 else { return }
        buffer.append(batch)
        batch.removeAll()
    }
}
