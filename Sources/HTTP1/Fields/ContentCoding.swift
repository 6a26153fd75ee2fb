// SPDX-License-Identifier: Apache-2.0

/// How a request says that its body is coded (RFC 9110 section 8.4).
package enum ContentCoding: Equatable, Sendable {
    /// As it is: the field is absent, empty or says so.
    case identity
    /// `gzip`, or `x-gzip`, which is the same (RFC 9110 section 8.4.1.3).
    case gzip
    /// Another coding, or several stacked ones, which only an attacker has a use for.
    case unsupported

    package init(_ request: borrowing HTTPRequest, in message: Span<UInt8>) {
        guard let value = request[.contentEncoding] else {
            self = .identity
            return
        }
        self = .identity
        var cursor = FieldCursor(value)
        var count = 0
        while cursor.hasElement(in: message) {
            count += 1
            guard count == 1, let name = cursor.token(in: message),
                cursor.endsElement(in: message), let coding = Self(name, in: message)
            else {
                self = .unsupported
                return
            }
            self = coding
        }
    }

    private init?(_ name: Range<Int>, in bytes: Span<UInt8>) {
        if bytes.bytes.isGzip(name) {
            self = .gzip
        } else if bytes.bytes.equalsIgnoringCase("identity", name) {
            self = .identity
        } else {
            return nil
        }
    }
}

extension RawSpan {
    /// Whether a token names the coding gzip.
    func isGzip(_ name: Range<Int>) -> Bool {
        equalsIgnoringCase("gzip", name) || equalsIgnoringCase("x-gzip", name)
    }
}
