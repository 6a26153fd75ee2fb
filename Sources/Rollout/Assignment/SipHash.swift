// SPDX-License-Identifier: Apache-2.0

/// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of short texts.
///
/// Whoever does not know the key cannot choose texts that fall into one bucket, and every machine
/// computes the same value.
struct SipHash {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    /// - Complexity: O(*n*) in the bytes.
    static func hash(_ bytes: Span<UInt8>, salt: Salt) -> UInt64 {
        var state = SipHash(salt)
        let whole = bytes.count & ~7
        var index = 0
        while index < whole {
            state.absorb(word(bytes, from: index, count: 8))
            index += 8
        }
        let last = UInt64(truncatingIfNeeded: bytes.count) << 56
        state.absorb(last | word(bytes, from: whole, count: bytes.count - whole))
        return state.finish()
    }

    /// The hash of the eight little-endian bytes of a number.
    static func hash(_ number: UInt64, salt: Salt) -> UInt64 {
        var state = SipHash(salt)
        state.absorb(number)
        state.absorb(8 << 56)
        return state.finish()
    }

    private init(_ salt: Salt) {
        v0 = salt.low ^ 0x736f_6d65_7073_6575
        v1 = salt.high ^ 0x646f_7261_6e64_6f6d
        v2 = salt.low ^ 0x6c79_6765_6e65_7261
        v3 = salt.high ^ 0x7465_6462_7974_6573
    }

    private static func word(_ bytes: Span<UInt8>, from start: Int, count: Int) -> UInt64 {
        var word: UInt64 = 0
        for offset in 0..<count {
            word |= UInt64(bytes[start + offset]) << UInt64(8 * offset)
        }
        return word
    }

    private mutating func absorb(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    private mutating func finish() -> UInt64 {
        v2 ^= 0xff
        for _ in 0..<4 { round() }
        return v0 ^ v1 ^ v2 ^ v3
    }

    private mutating func round() {
        v0 &+= v1
        v2 &+= v3
        v1 = Self.rotate(v1, 13) ^ v0
        v3 = Self.rotate(v3, 16) ^ v2
        v0 = Self.rotate(v0, 32)
        v2 &+= v1
        v0 &+= v3
        v1 = Self.rotate(v1, 17) ^ v2
        v3 = Self.rotate(v3, 21) ^ v0
        v2 = Self.rotate(v2, 32)
    }

    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
        value << count | value >> (64 - count)
    }
}
