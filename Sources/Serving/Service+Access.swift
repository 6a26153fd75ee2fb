// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// Who may ask for what.
extension Service {
    /// Lets the caller pass to a route, or says why not; who is refused is counted and audited.
    ///
    /// OPTIONS tells nothing that the documentation does not, and browsers send it without
    /// credentials.
    ///
    /// - Throws: `.noSuchRoute` where another address serves it, `.unauthenticated`, `.forbidden`.
    func authorize(
        _ route: Route, _ request: borrowing HTTPRequest, _ message: Span<UInt8>,
        _ received: HTTPRequestContext
    ) throws(Problem) -> Caller {
        guard route.isServed(at: context.surface) else { throw .noSuchRoute }
        guard let required = route.requiredRole(for: request.method), request.method != .options
        else {
            return Caller(anonymous: received.client)
        }
        return try authorize(required, for: route, request, message, received)
    }

    /// The same for what takes more than its route does, such as the choice of a version.
    func authorize(
        _ required: AccessRole, for route: Route, _ request: borrowing HTTPRequest,
        _ message: Span<UInt8>, _ received: HTTPRequestContext
    ) throws(Problem) -> Caller {
        do throws(AccessRefusal) {
            return try gate.admit(required, request, message, received)
        } catch {
            context.audit?.record(
                error, required: required, route: Route.labels[route.labelIndex],
                client: received.client, names: RequestNames(requestID, request, message),
                nanoseconds: received.nanoseconds)
            throw Problem(error, required: required)
        }
    }
}

extension Problem {
    init(_ refusal: AccessRefusal, required: AccessRole) {
        switch refusal {
        case .missing: self = .unauthenticated(.missing)
        case .malformed: self = .unauthenticated(.malformed)
        case .unknown: self = .unauthenticated(.unknown)
        case .expired: self = .unauthenticated(.expired)
        case .insufficient: self = .forbidden(required)
        }
    }
}
