// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// What an `Authorization` field holds (RFC 9110 section 11.6.2, RFC 6750 section 2.1).
enum BearerToken: Equatable {
    /// No field, or another scheme, which some gateway in front may have a use for.
    case absent
    case malformed
    /// Where the token lies in the message.
    case present(Range<Int>)

    private static let scheme: StaticString = "bearer"

    init(_ request: borrowing HTTPRequest, in message: Span<UInt8>) {
        guard let field = request[.authorization] else {
            self = .absent
            return
        }
        self.init(field, in: message)
    }

    /// - Parameter field: the field's value, without white space around it.
    init(_ field: Range<Int>, in message: Span<UInt8>) {
        let length = Self.scheme.utf8CodeUnitCount
        guard field.count >= length, Self.isScheme(field.lowerBound, in: message) else {
            self = .absent
            return
        }
        var start = field.lowerBound + length
        guard start < field.upperBound else {
            self = .malformed
            return
        }
        // A longer word is the name of another scheme.
        guard message[start] == 0x20 else {
            self = message[start] == 0x09 ? .malformed : .absent
            return
        }
        while start < field.upperBound, message[start] == 0x20 { start += 1 }
        let token = start..<field.upperBound
        self = Self.isToken68(token, in: message) ? .present(token) : .malformed
    }

    private static func isScheme(_ start: Int, in message: Span<UInt8>) -> Bool {
        for offset in 0..<scheme.utf8CodeUnitCount
        where ByteClass.lowercased(message[start + offset]) != scheme.utf8Start[offset] {
            return false
        }
        return true
    }

    /// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
    private static func isToken68(_ range: Range<Int>, in message: Span<UInt8>) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound, isToken68(message[index]) { index += 1 }
        guard index > range.lowerBound else { return false }
        while index < range.upperBound, message[index] == 0x3D { index += 1 }
        return index == range.upperBound
    }

    private static func isToken68(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x2B, 0x2F: true
        default: false
        }
    }
}
