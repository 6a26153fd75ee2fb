// SPDX-License-Identifier: Apache-2.0

/// The request fields that the server or the application reads. All others are checked and passed
/// over.
package enum HTTPField: Int, CaseIterable, Sendable {
    case host, connection, contentLength, transferEncoding, expect
    case contentType, contentEncoding, accept, acceptEncoding, authorization
    case traceparent, tracestate, xRequestID

    var name: StaticString {
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
        }
    }

    /// Whether a second line of this field makes the message ambiguous (RFC 9110 section 5.3).
    var isSingleton: Bool {
        switch self {
        case .host, .contentLength, .transferEncoding, .expect, .contentType, .contentEncoding,
            .authorization:
            true
        case .connection, .accept, .acceptEncoding, .traceparent, .tracestate, .xRequestID: false
        }
    }

    init?(_ range: Range<Int>, in bytes: borrowing MutableSpan<UInt8>) {
        let candidates: ClosedRange<Int>
        switch range.count {
        case 4, 6, 10, 11, 12, 13, 14, 15, 16, 17: candidates = 0...(Self.allCases.count - 1)
        default: return nil
        }
        for index in candidates {
            guard let field = HTTPField(rawValue: index) else { continue }
            if bytes.equalsIgnoringCase(field.name, range) {
                self = field
                return
            }
        }
        return nil
    }
}
