// SPDX-License-Identifier: Apache-2.0

/// How long a client will wait for its answer, if it says so: `X-Request-Timeout-Ms` in
/// milliseconds, or else `Request-Timeout` in seconds; a whole number, at most nine digits.
package enum RequestTimeout: Equatable, Sendable {
    case unlimited
    case milliseconds(Int)
    case malformed

    package init(_ request: borrowing HTTPRequest, in bytes: Span<UInt8>) {
        if let value = request[.xRequestTimeoutMs] {
            self = Self.number(value, bytes).map { .milliseconds($0) } ?? .malformed
        } else if let value = request[.requestTimeout] {
            self = Self.number(value, bytes).map { .milliseconds($0 * 1000) } ?? .malformed
        } else {
            self = .unlimited
        }
    }

    private static func number(_ range: Range<Int>, _ bytes: Span<UInt8>) -> Int? {
        guard 1...9 ~= range.count else { return nil }
        var number = 0
        for index in range {
            guard ByteClass.isDigit(bytes[index]) else { return nil }
            number = number * 10 + Int(bytes[index] - 0x30)
        }
        return number
    }
}
