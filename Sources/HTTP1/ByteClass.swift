// SPDX-License-Identifier: Apache-2.0

/// Sets of byte values that the grammars of RFC 9110 and RFC 3986 name.
package enum ByteClass {
    /// `tchar` (RFC 9110 section 5.6.2).
    @inline(__always)
    package static func isToken(_ byte: UInt8) -> Bool { tokens.contains(byte) }

    /// What a field value may hold: `VCHAR`, `obs-text`, SP and HTAB (RFC 9110 section 5.5).
    @inline(__always)
    static func isFieldValue(_ byte: UInt8) -> Bool {
        byte >= 0x20 ? byte != 0x7F : byte == 0x09
    }

    /// What a path or query may hold: `pchar`, `/` and `?` (RFC 3986 section 3.3, 3.4).
    @inline(__always)
    static func isTarget(_ byte: UInt8) -> Bool { targets.contains(byte) }

    /// What stands for itself in a path: unreserved characters other than the dot, and `/`.
    @inline(__always)
    static func isPlainPath(_ byte: UInt8) -> Bool { plainPaths.contains(byte) }

    /// `reg-name` and IPv4 (RFC 3986 section 3.2.2), percent escapes left out.
    static func isHost(_ byte: UInt8) -> Bool { hosts.contains(byte) }

    /// What means the same escaped or not: letters, digits and `-._~` (RFC 3986 section 2.3).
    static func isUnreserved(_ byte: UInt8) -> Bool { unreserved.contains(byte) }

    static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }

    /// ASCII only.
    package static func lowercased(_ byte: UInt8) -> UInt8 {
        0x41...0x5A ~= byte ? byte | 0x20 : byte
    }

    static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    // Written out as bits, so that they are constants of the program and not made at first use.
    /// Letters, digits and ``!#$%&'*+-.^_`|~``.
    private static let tokens = ASCIISet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
    /// Letters, digits and `-._~!$&'()*+,;=:@/?%`.
    private static let targets = ASCIISet(low: 0xAFFF_FFF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF)
    /// Letters, digits and `-._~!$&'()*+;=`; without the comma, which would make two hosts of one.
    private static let hosts = ASCIISet(low: 0x2BFF_6FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
    /// Letters, digits and `-_~/`.
    private static let plainPaths = ASCIISet(
        low: 0x03FF_A000_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
    /// Letters, digits and `-._~`.
    private static let unreserved = ASCIISet(
        low: 0x03FF_6000_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
}

/// A set of ASCII bytes as 128 bits.
private struct ASCIISet: Sendable {
    let low: UInt64
    let high: UInt64

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        byte < 128 && (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 == 1
    }
}
