// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Telemetry

/// A request that is sampled: what its spans have in common.
struct RequestTrace: Sendable {
    /// Of the span that stands for the whole of it.
    let context: SpanContext
    /// What its prediction is named by.
    let id: Identifier
    let method: HTTPMethod
    let isHTTP10: Bool
    /// When its last byte was read, monotonic.
    let start: UInt64
    /// Makes Unix time of monotonic time; one for all spans of a trace, so that none begins before
    /// the one that it is a part of.
    let unixOffset: Int

    /// The texts of a request that its span shows.
    struct Texts: Sendable {
        var path: [UInt8] = []
        var requestID: [UInt8] = []
        /// As text of a JSON string.
        var state: [UInt8] = []
    }

    /// The numbers of its parts.
    enum Part {
        static let queue = 0
        static let firstRun = 1
    }

    /// A part of the request.
    ///
    /// - Parameter start: monotonic, as `end`.
    func part(
        _ number: Int, start: UInt64, end: UInt64, hasFailed: Bool = false
    ) -> SpanBatch.Span {
        SpanBatch.Span(
            context.child(number), .part, start: unix(start), end: unix(end), hasFailed: hasFailed)
    }

    func unix(_ nanoseconds: UInt64) -> Int {
        Int(truncatingIfNeeded: nanoseconds) &+ unixOffset
    }
}

extension SpanBatch {
    /// The time from the hand-over of work to its begin.
    mutating func appendQueue(of trace: RequestTrace, from start: UInt64, to end: UInt64) {
        let span = trace.part(RequestTrace.Part.queue, start: start, end: end)
        append(span, name: "queue") { _ in }
    }

    /// The span that stands for the whole request, by the semantic conventions for HTTP servers.
    ///
    /// - Parameter end: monotonic.
    mutating func append(
        _ trace: RequestTrace, _ texts: RequestTrace.Texts, scheme: StaticString,
        _ response: borrowing HTTPResponse, end: UInt64
    ) {
        let status = response.status
        let route = response.route == 0 ? nil : Route.labels[response.route]
        let span = Span(
            trace.context, .server, start: trace.unix(trace.start), end: trace.unix(end),
            hasFailed: status.isServerError)
        append(span, name: trace.method.name, detail: route, state: texts.state) { attributes in
            attributes.add("http.request.method", plain: trace.method.name)
            if let route { attributes.add("http.route", route) }
            attributes.add("url.path", visible: texts.path)
            attributes.add("url.scheme", plain: scheme)
            attributes.add("network.protocol.version", plain: trace.isHTTP10 ? "1.0" : "1.1")
            attributes.add("http.response.status_code", status.code)
            if status.isServerError { attributes.add("error.type", "\(status.code)") }
            attributes.add("martlet.request_id", visible: texts.requestID)
        }
    }
}
