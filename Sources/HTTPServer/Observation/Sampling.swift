// SPDX-License-Identifier: Apache-2.0

/// Picks a share of a sequence: the same picks for the same seed, and no period that a pattern in
/// the sequence could fall in with.
///
/// SplitMix64 (Steele, Lea, Flood 2014) against a threshold.
package struct Sampling: Sendable {
    /// `nil` picks all.
    private let threshold: UInt64?
    private var state: UInt64

    /// - Parameter share: from 0, none, to 1, all.
    package init(share: Double, seed: UInt64) {
        threshold = share >= 1 ? nil : UInt64(max(0, share) * 0x1p64)
        state = seed
    }

    package mutating func next() -> Bool {
        guard let threshold else { return true }
        if threshold == 0 { return false }
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31 < threshold
    }
}
