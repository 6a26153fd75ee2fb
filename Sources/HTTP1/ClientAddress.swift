// SPDX-License-Identifier: Apache-2.0

/// The address of a client, without its port: IPv6, or IPv4 mapped into it (RFC 4291
/// section 2.5.5.2).
package struct ClientAddress: Hashable, Sendable {
    /// The first eight bytes, in network order: of an IPv6 address the network's part.
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// - Parameter ipv4: the four bytes, the first one highest.
    package init(ipv4: UInt32) {
        high = 0
        low = 0xFFFF << 32 | UInt64(ipv4)
    }

    /// The IPv4 address, if it is one.
    package var ipv4: UInt32? {
        high == 0 && low >> 32 == 0xFFFF ? UInt32(truncatingIfNeeded: low) : nil
    }
}

extension ClientAddress {
    /// What `append(to:)` writes at most.
    package static let textBytesMax = 39

    /// Writes `127.0.0.1`, or all eight groups of an IPv6 address in lower-case hexadecimal.
    package func append(to text: inout OutputSpan<UInt8>) {
        if let ipv4 {
            for index: UInt32 in 0..<4 {
                if index > 0 { text.append(0x2E) }
                text.append(decimal: Int(ipv4 >> (24 - index * 8) & 0xFF))
            }
            return
        }
        for group in 0..<8 {
            if group > 0 { text.append(0x3A) }
            let half = group < 4 ? high : low
            Self.append(UInt16(truncatingIfNeeded: half >> UInt64(48 - group % 4 * 16)), to: &text)
        }
    }

    private static func append(_ group: UInt16, to text: inout OutputSpan<UInt8>) {
        var isLeading = true
        for index: UInt16 in 0..<4 {
            let digit = UInt8(truncatingIfNeeded: group >> (12 - index * 4) & 0xF)
            if isLeading, digit == 0, index < 3 { continue }
            isLeading = false
            text.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}

extension ClientAddress: CustomStringConvertible {
    /// As `append(to:)` writes it.
    package var description: String {
        var text: [UInt8] = []
        text.append(addingCapacity: Self.textBytesMax) { append(to: &$0) }
        return String(decoding: text, as: UTF8.self)
    }
}
