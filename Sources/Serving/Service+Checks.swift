// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Telemetry

/// What is asked of a request before its route answers.
extension Service {
    /// Whether the request is about no resource: `OPTIONS *`, which is what an absolute target
    /// without a path means too (RFC 9112 section 3.2.4), or a CONNECT, whose target is no path
    /// (RFC 9110 section 9.3.6).
    func isAboutServer(_ request: borrowing HTTPRequest, _ message: Span<UInt8>) -> Bool {
        let path = request.path
        return switch request.method {
        case .connect: true
        case .options:
            path.isEmpty
                ? request.query == nil : path.count == 1 && message[path.lowerBound] == 0x2A
        case .get, .head, .post, .put, .delete, .patch, .trace: false
        }
    }

    /// No route has TRACE: nothing is ever echoed.
    func checkMethod(_ method: HTTPMethod, _ route: Route) throws(Problem) {
        let isAllowed =
            switch route.allowed {
            case .get: method == .get || method == .head
            case .post: method == .post
            case .any: method == .get || method == .head || method == .post
            }
        guard isAllowed else { throw .methodNotAllowed(allowed: route.allowed) }
    }

    /// Refuses what a page of another site has a browser do: the browser may run where the server
    /// asks nobody who they are, or have a client certificate.
    func checkSite(
        _ route: Route, _ request: borrowing HTTPRequest, _ message: Span<UInt8>
    ) throws(Problem) {
        if route.isOrder(by: request.method), RequestSite.isForeign(request, in: message) {
            throw .crossSite
        }
    }

    /// Refuses who rules out all that the route answers with (RFC 9110 section 15.5.7); problems
    /// are sent to everyone.
    func checkAccept(
        _ route: Route, _ request: borrowing HTTPRequest, _ message: Span<UInt8>,
        _ coding: ResponseCoding
    ) throws(Problem) {
        let weight: Int
        switch route {
        case .livez, .readyz, .healthz:
            // A probe asks for the status; whatever it says of the text must not fail it.
            return
        case .metrics:
            weight = max(
                Accept.weight(of: .prometheusText, for: request, in: message),
                Accept.weight(of: .openMetrics, for: request, in: message))
        case .asset(let asset):
            weight = Accept.weight(of: asset.contentType, for: request, in: message)
        default: weight = Accept.weight(of: .json, for: request, in: message)
        }
        guard weight > 0, !coding.isRuledOut else { throw .notAcceptable }
    }

    /// Limits that probes and scrapes are exempt from.
    func checkLimits(_ request: HTTPRequestContext) throws(Problem) {
        if request.isInReserve { throw .tooManyConnections }
        if let limiter = context.rateLimiter,
            let seconds = limiter.retryAfterSeconds(
                request.client, nanoseconds: request.nanoseconds)
        {
            throw .rateLimited(retryAfterSeconds: seconds)
        }
    }

    /// Refuses work that the compute queue has no room for, while that costs next to nothing.
    func checkRoom(
        _ predictedNanoseconds: Double, _ request: HTTPRequestContext
    ) throws(Problem) {
        if let seconds = request.retryAfterSeconds(predictedNanoseconds) {
            throw .overloaded(retryAfterSeconds: seconds)
        }
    }

    /// When the client stops waiting, in nanoseconds of the monotonic clock.
    func deadline(
        _ request: borrowing HTTPRequest, _ message: Span<UInt8>, _ received: HTTPRequestContext
    ) throws(Problem) -> UInt64? {
        var allowed = context.requestTimeoutMillisecondsMax
        switch RequestTimeout(request, in: message) {
        case .malformed: throw .malformedRequestTimeout
        case .milliseconds(0):
            shedAsExpired.add()
            throw .deadlineExceeded
        case .milliseconds(let milliseconds): allowed = min(allowed ?? .max, milliseconds)
        case .unlimited: break
        }
        return allowed.map { received.nanoseconds + UInt64($0) * 1_000_000 }
    }
}

extension HTTPResponse {
    mutating func answerOptions(_ allowed: Problem.AllowedMethods) {
        status = .noContent
        appendField("Allow", text: allowed.rawValue)
    }
}
