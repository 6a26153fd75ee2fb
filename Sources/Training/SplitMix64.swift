// SPDX-License-Identifier: Apache-2.0

/// Random numbers as a function of a seed and a counter, so that the n-th needs none before it.
///
/// G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014: the counter steps by the golden ratio and the sum is mixed.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= Self.step
        return Self.mix(state)
    }

    /// The value that a generator with this seed gives as its `index`-th, counted from 0.
    package static func value(seed: UInt64, index: Int) -> UInt64 {
        mix(seed &+ step &* UInt64(truncatingIfNeeded: index + 1))
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
