// SPDX-License-Identifier: Apache-2.0

/// The keystream of the stream cipher ChaCha (D. J. Bernstein, "ChaCha, a variant of Salsa20",
/// 2008): random numbers of which none tells another to whoever does not have the key.
struct ChaCha: Sendable {
    typealias Block = InlineArray<16, UInt32>

    private let key: SIMD8<UInt32>
    private let doubleRoundCount: Int
    private var counter: UInt64

    /// - Parameter rounds: 8, 12 or 20.
    init(key: SIMD8<UInt32>, rounds: Int, counter: UInt64 = 0) {
        self.key = key
        self.counter = counter
        doubleRoundCount = rounds / 2
    }

    /// The next block. A matrix of four rows, in locals that stay in registers.
    mutating func next() -> Block {
        // "expand 32-byte k"
        var (a0, a1, a2, a3) = Self.constants
        var (b0, b1, b2, b3) = (key[0], key[1], key[2], key[3])
        var (c0, c1, c2, c3) = (key[4], key[5], key[6], key[7])
        let low = UInt32(truncatingIfNeeded: counter)
        let high = UInt32(truncatingIfNeeded: counter >> 32)
        var (d0, d1, d2, d3) = (low, high, UInt32(0), UInt32(0))
        counter &+= 1
        for _ in 0..<doubleRoundCount {
            Self.quarterRound(&a0, &b0, &c0, &d0)
            Self.quarterRound(&a1, &b1, &c1, &d1)
            Self.quarterRound(&a2, &b2, &c2, &d2)
            Self.quarterRound(&a3, &b3, &c3, &d3)
            Self.quarterRound(&a0, &b1, &c2, &d3)
            Self.quarterRound(&a1, &b2, &c3, &d0)
            Self.quarterRound(&a2, &b3, &c0, &d1)
            Self.quarterRound(&a3, &b0, &c1, &d2)
        }
        let (k0, k1, k2, k3) = Self.constants
        return [
            a0 &+ k0, a1 &+ k1, a2 &+ k2, a3 &+ k3,
            b0 &+ key[0], b1 &+ key[1], b2 &+ key[2], b3 &+ key[3],
            c0 &+ key[4], c1 &+ key[5], c2 &+ key[6], c3 &+ key[7],
            d0 &+ low, d1 &+ high, d2, d3,
        ]
    }

    private static var constants: (UInt32, UInt32, UInt32, UInt32) {
        (0x6170_7865, 0x3320_646E, 0x7962_2D32, 0x6B20_6574)
    }

    @inline(__always)
    private static func quarterRound(
        _ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32, _ d: inout UInt32
    ) {
        a &+= b
        d = rotated(d ^ a, by: 16)
        c &+= d
        b = rotated(b ^ c, by: 12)
        a &+= b
        d = rotated(d ^ a, by: 8)
        c &+= d
        b = rotated(b ^ c, by: 7)
    }

    @inline(__always)
    private static func rotated(_ word: UInt32, by bits: UInt32) -> UInt32 {
        word &<< bits | word &>> (32 &- bits)
    }
}
