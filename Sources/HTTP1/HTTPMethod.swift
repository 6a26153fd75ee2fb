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
        for method in Self.allCases where bytes.equals(method.name, range) {
            self = method
            return
        }
        return nil
    }
}

extension MutableSpan<UInt8> {
    func equals(_ name: StaticString, _ range: Range<Int>) -> Bool {
        guard range.count == name.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count
        where self[range.lowerBound + offset] != name.utf8Start[offset] {
            return false
        }
        return true
    }

    /// ASCII case-insensitive; `name` is lower case, of letters, digits and hyphens.
    func equalsIgnoringCase(_ name: StaticString, _ range: Range<Int>) -> Bool {
        guard range.count == name.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count {
            let byte = self[range.lowerBound + offset]
            let lower = 0x41...0x5A ~= byte ? byte | 0x20 : byte
            if lower != name.utf8Start[offset] { return false }
        }
        return true
    }
}
