// SPDX-License-Identifier: Apache-2.0

/// How a request's body is coded (RFC 9110 section 8.4).
package enum ContentCoding: Equatable, Sendable {
    case identity, gzip
    /// Another coding, or several on top of one another.
    case unsupported

    package init(_ request: borrowing HTTPRequest, in bytes: Span<UInt8>) {
        guard let value = request[.contentEncoding] else {
            self = .identity
            return
        }
        let text = bytes.bytes
        if text.equalsIgnoringCase("gzip", value) || text.equalsIgnoringCase("x-gzip", value) {
            self = .gzip
        } else if text.equalsIgnoringCase("identity", value) {
            self = .identity
        } else {
            self = .unsupported
        }
    }
}

/// How a response may be coded, by the request's Accept-Encoding (RFC 9110 section 12.5.3).
package enum AcceptedCoding: Equatable, Sendable {
    case identity
    /// Either; gzip where it pays.
    case gzip
    /// Gzip whether it pays or not: the client refuses what is not coded.
    case gzipOnly
    case none

    /// A malformed list says nothing.
    package init(_ request: borrowing HTTPRequest, in bytes: Span<UInt8>) {
        self = .identity
        guard let value = request[.acceptEncoding] else { return }
        var gzip: Int?
        var identity: Int?
        var others: Int?
        let text = bytes.bytes
        var list = WeightedList(value)
        while let member = list.next(in: bytes) {
            if text.equalsIgnoringCase("gzip", member.name)
                || text.equalsIgnoringCase("x-gzip", member.name)
            {
                gzip = max(gzip ?? 0, member.weight)
            } else if text.equalsIgnoringCase("identity", member.name) {
                identity = member.weight
            } else if text.equals("*", member.name) {
                others = member.weight
            }
        }
        guard !list.isMalformed else { return }
        let gzipWeight = gzip ?? others ?? 0
        // What is not coded is acceptable unless it is ruled out.
        let isIdentityAccepted = (identity ?? others ?? 1) > 0
        if gzipWeight == 0 {
            self = isIdentityAccepted ? .identity : .none
        } else if !isIdentityAccepted {
            self = .gzipOnly
        } else {
            self = gzipWeight >= identity ?? 0 ? .gzip : .identity
        }
    }
}
