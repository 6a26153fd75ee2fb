// SPDX-License-Identifier: Apache-2.0

/// The request fields that the server or the application reads. All others are checked and passed
/// over.
package enum HTTPField: Int, CaseIterable, Sendable {
    case host, connection, contentLength, transferEncoding, expect
    case contentType, contentEncoding, accept, acceptEncoding, authorization
    case traceparent, tracestate, xRequestID, requestTimeout, xRequestTimeoutMs
    case xMartletArm, xMartletKey
    case origin, secFetchSite

    package var name: StaticString {
        switch self {
        case .host: "host"
        case .connection: "connection"
        case .contentLength: "content-length"
        case .transferEncoding: "transfer-encoding"
        case .expect: "expect"
        case .contentType: "content-type"
        case .contentEncoding: "content-encoding"
        case .accept: "accept"
        case .acceptEncoding: "accept-encoding"
        case .authorization: "authorization"
        case .traceparent: "traceparent"
        case .tracestate: "tracestate"
        case .xRequestID: "x-request-id"
        case .requestTimeout: "request-timeout"
        case .xRequestTimeoutMs: "x-request-timeout-ms"
        case .xMartletArm: "x-martlet-arm"
        case .xMartletKey: "x-martlet-key"
        case .origin: "origin"
        case .secFetchSite: "sec-fetch-site"
        }
    }

    /// Whether a second line of this field makes the message ambiguous (RFC 9110 section 5.3).
    var isSingleton: Bool {
        switch self {
        case .host, .contentLength, .transferEncoding, .expect, .contentType, .contentEncoding,
            .authorization, .requestTimeout, .xRequestTimeoutMs, .xMartletArm, .xMartletKey,
            .origin, .secFetchSite:
            true
        case .connection, .accept, .acceptEncoding, .traceparent, .tracestate, .xRequestID: false
        }
    }

    /// Names are case-insensitive; their lengths tell them apart but for one letter.
    ///
    /// - Precondition: the range is of one line, so that no CR passes for a hyphen.
    init?(_ range: Range<Int>, in bytes: borrowing MutableSpan<UInt8>) {
        guard let last = range.last else { return nil }
        let field: HTTPField
        switch (range.count, bytes[last] | 0x20) {
        case (4, _): field = .host
        case (6, 0x6E): field = .origin
        case (6, _): field = bytes[range.lowerBound] | 0x20 == 0x65 ? .expect : .accept
        case (10, 0x6E): field = .connection
        case (10, _): field = .tracestate
        case (11, _): field = .traceparent
        case (12, 0x65): field = .contentType
        case (12, _): field = .xRequestID
        case (13, 0x6D): field = .xMartletArm
        case (13, 0x79): field = .xMartletKey
        case (13, _): field = .authorization
        case (14, 0x65): field = .secFetchSite
        case (14, _): field = .contentLength
        case (15, 0x67): field = .acceptEncoding
        case (15, _): field = .requestTimeout
        case (16, _): field = .contentEncoding
        case (17, _): field = .transferEncoding
        case (20, _): field = .xRequestTimeoutMs
        default: return nil
        }
        guard bytes.equalsIgnoringCase(field.name, range) else { return nil }
        self = field
    }
}
