// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON

/// A problem as it is sent, but for the request's id: what a flood of refusals has in common.
struct ProblemDocument: Sendable {
    let problem: Problem
    let wire: Problem.Wire
    /// The JSON text up to the request's id.
    let start: [UInt8]

    init(_ problem: Problem) {
        self.problem = problem
        wire = problem.wire
        var text: [UInt8] = []
        text.append("{\"type\":\"urn:martlet:problem:")
        text.append(contentsOf: wire.slug.utf8)
        text.append("\",\"title\":")
        text.appendJSON(wire.title)
        text.append(",\"status\":")
        text.appendJSON(wire.status.code)
        text.append(",\"detail\":")
        text.appendJSON(wire.detail)
        if let path = wire.path {
            text.append(",\"path\":")
            text.appendJSON(path)
        }
        text.append(",\"request_id\":\"")
        start = text
    }
}

extension HTTPResponse {
    /// Makes this the answer to a request that met `problem`.
    mutating func set(_ problem: Problem, requestID: Span<UInt8>) {
        set(ProblemDocument(problem), requestID: requestID)
    }

    mutating func set(_ document: borrowing ProblemDocument, requestID: Span<UInt8>) {
        status = document.wire.status
        contentType = .problemJSON
        body.removeAll(keepingCapacity: true)
        body.append(copying: document.start)
        requestID.withUnsafeBufferPointer { body.append(contentsOf: $0) }
        body.append("\"}\n")
        if status.isServerError || !log.isEmpty {
            log.append("reason", document.wire.slug)
            if status.isServerError { log.append("detail", document.wire.detail) }
        }
        // The detail may repeat what a client sent: no browser may take it for a page.
        appendField("X-Content-Type-Options", "nosniff")
        if let seconds = document.problem.retryAfterSeconds {
            appendField("Retry-After", seconds)
        }
        switch document.problem {
        case .unauthenticated(let credentials):
            appendField("WWW-Authenticate", credentials.challenge)
        case .forbidden(let required):
            appendField(
                "WWW-Authenticate",
                text: "Bearer realm=\"martlet\", error=\"insufficient_scope\", "
                    + "scope=\"\(required.rawValue)\"")
        case .methodNotAllowed(let allowed): appendField("Allow", text: allowed.rawValue)
        case .unsupportedContentCoding: appendField("Accept-Encoding", "gzip")
        case .unsupportedMediaType: appendField("Accept", "application/json")
        // Of what a bomb's sender sends no more is read; a reserve is for short visits.
        case .contentTooLarge, .contentTooDense, .tooManyConnections: closesConnection = true
        default: break
        }
    }
}
