// SPDX-License-Identifier: Apache-2.0

/// The methods of RFC 9110 section 9 and RFC 5789. Any other token is answered 501.
package enum HTTPMethod: UInt8, CaseIterable, Sendable {
    case get, head, post, put, delete, options, patch, trace, connect

    package var name: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .patch: "PATCH"
        case .trace: "TRACE"
        case .connect: "CONNECT"
        }
    }

    /// Names are case-sensitive.
    init?(_ range: Range<Int>, in bytes: borrowing MutableSpan<UInt8>) {
        guard let first = range.first else { return nil }
        let method: HTTPMethod
        switch (bytes[first], range.count) {
        case (0x47, _): method = .get
        case (0x48, _): method = .head
        case (0x50, 4): method = .post
        case (0x50, 3): method = .put
        case (0x44, _): method = .delete
        case (0x4F, _): method = .options
        case (0x50, _): method = .patch
        case (0x54, _): method = .trace
        case (0x43, _): method = .connect
        default: return nil
        }
        guard bytes.equals(method.name, range) else { return nil }
        self = method
    }
}
