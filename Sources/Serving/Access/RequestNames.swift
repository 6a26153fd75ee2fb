// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Logging
import Telemetry

/// What a request is called, for lines of the log that tell what came of it.
struct RequestNames: Sendable {
    private let requestID: [UInt8]
    /// Of the trace that it came with.
    private let traceID: Identifier?

    init(_ requestID: [UInt8], _ request: borrowing HTTPRequest, _ message: Span<UInt8>) {
        self.requestID = requestID
        traceID = request[.traceparent].flatMap { TraceParent($0, in: message)?.traceID }
    }

    init(_ requestID: [UInt8], traceID: Identifier?) {
        self.requestID = requestID
        self.traceID = traceID
    }

    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "request_id": "\(String(decoding: requestID, as: UTF8.self))"
        ]
        if let traceID { metadata["trace_id"] = "\(traceID.text)" }
        return metadata
    }
}
