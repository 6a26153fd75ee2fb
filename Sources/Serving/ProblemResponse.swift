// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON

extension HTTPResponse {
    /// Makes this the answer to a request that met `problem`.
    mutating func set(_ problem: Problem, requestID: Span<UInt8>) {
        let wire = problem.wire
        status = wire.status
        contentType = .problemJSON
        body.removeAll(keepingCapacity: true)
        body.append("{\"type\":\"urn:martlet:problem:")
        body.append(contentsOf: wire.slug.utf8)
        body.append("\",\"title\":")
        body.appendJSON(wire.title)
        body.append(",\"status\":")
        body.appendJSON(wire.status.code)
        body.append(",\"detail\":")
        body.appendJSON(wire.detail)
        if let path = wire.path {
            body.append(",\"path\":")
            body.appendJSON(path)
        }
        body.append(",\"request_id\":\"")
        for index in requestID.indices { body.append(requestID[index]) }
        body.append("\"}\n")
        if status.isServerError || !log.isEmpty {
            log.append("reason", wire.slug)
            if status.isServerError { log.append("detail", wire.detail) }
        }
        // The detail may repeat what a client sent: no browser may take it for a page.
        appendField("X-Content-Type-Options", "nosniff")
        if let seconds = problem.retryAfterSeconds { appendField("Retry-After", "\(seconds)") }
        switch problem {
        case .methodNotAllowed(let allowed): appendField("Allow", allowed.rawValue)
        case .unsupportedContentCoding: appendField("Accept-Encoding", "gzip")
        case .unsupportedMediaType: appendField("Accept", "application/json")
        // Of what a bomb's sender sends no more is read; a reserve is for short visits.
        case .contentTooLarge, .contentTooDense, .tooManyConnections: closesConnection = true
        default: break
        }
    }
}
