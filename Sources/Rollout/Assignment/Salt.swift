// SPDX-License-Identifier: Apache-2.0

/// The 128-bit key of a rollout's hash.
///
/// A rollout keeps its salt from its first step to its last, so that a growing weight only ever
/// adds keys. Two rollouts have different salts, so that one's candidates are no selection of the
/// other's.
package struct Salt: Hashable, Sendable {
    /// Bytes 0 to 7 of the key, little-endian.
    let low: UInt64
    /// Bytes 8 to 15.
    let high: UInt64

    package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// From 32 hexadecimal digits, byte 0 first; `nil` for any other text.
    package init?(hex: String) {
        guard hex.utf8.count == 32 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        for (index, character) in hex.utf8.enumerated() {
            guard let digit = Self.digit(character) else { return nil }
            let byte = index / 2
            let shift = UInt64(8 * (byte % 8) + (index.isMultiple(of: 2) ? 4 : 0))
            if byte < 8 { words.0 |= digit << shift } else { words.1 |= digit << shift }
        }
        self.init(low: words.0, high: words.1)
    }

    /// 32 hexadecimal digits, as `init(hex:)` reads them.
    package var hex: String {
        var text = ""
        for word in [low, high] {
            for byte in 0..<8 {
                let value = UInt8(truncatingIfNeeded: word >> UInt64(8 * byte))
                if value < 16 { text += "0" }
                text += String(value, radix: 16)
            }
        }
        return text
    }

    /// The place of a sticky key: a user, a session, a tenant.
    package func hash(_ key: Span<UInt8>) -> KeyHash { KeyHash(SipHash.hash(key, salt: self)) }

    /// The place of a request without a key.
    package func hash(_ request: UInt64) -> KeyHash { KeyHash(SipHash.hash(request, salt: self)) }

    private static func digit(_ character: UInt8) -> UInt64? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(character - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(character - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(character - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
