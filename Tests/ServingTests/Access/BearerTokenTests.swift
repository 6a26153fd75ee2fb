// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Serving

struct BearerTokenTests {
    private static func read(_ value: [UInt8]) -> BearerToken {
        // Bytes on both sides that are not the field's.
        let message = Array("AA".utf8) + value + Array("AA".utf8)
        let span = message.span
        return BearerToken(2..<2 + value.count, in: span)
    }

    @Test(
        arguments: [
            ("Bearer abc", .present(9..<12)), ("bearer abc", .present(9..<12)),
            ("BEARER abc", .present(9..<12)), ("Bearer   abc", .present(11..<14)),
            ("Bearer A-z0.9_~+/==", .present(9..<21)),
            ("Bearer", .malformed), ("Bearer ", .malformed), ("Bearer =", .malformed),
            ("Bearer a b", .malformed), ("Bearer a,b", .malformed), ("Bearer a=b", .malformed),
            ("Bearer \"a\"", .malformed), ("Bearer\ta", .malformed), ("Bearer \ta", .malformed),
            ("Bearera", .absent), ("Beare", .absent), ("Basic YTpi", .absent), ("", .absent),
            ("Digest username=\"a\"", .absent), ("abc", .absent),
        ] as [(String, BearerToken)])
    func reads(_ value: String, _ expected: BearerToken) {
        #expect(Self.read(Array(value.utf8)) == expected)
    }

    /// The bytes of `token68` and no others (RFC 9110 section 11.2).
    @Test func judgesEveryByte() {
        let allowed = Set(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/".utf8)
        for byte in UInt8.min...UInt8.max {
            let read = Self.read(Array("Bearer a".utf8) + [byte] + Array("a".utf8))
            #expect(read == (allowed.contains(byte) ? .present(9..<12) : .malformed), "\(byte)")
            let last = Self.read(Array("Bearer a".utf8) + [byte])
            #expect(
                last == (allowed.contains(byte) || byte == 0x3D ? .present(9..<11) : .malformed))
        }
    }
}
