// SPDX-License-Identifier: Apache-2.0

/// Picks a share of a sequence: the same picks for the same seed, and no period that a pattern in
/// the sequence could fall in with.
package struct Sampling: Sendable {
    /// `nil` picks all.
    private let threshold: UInt64?
    private var random: SplitMix64

    /// - Parameter share: from 0, none, to 1, all.
    package init(share: Double, seed: UInt64) {
        threshold = share >= 1 ? nil : UInt64(max(0, share) * 0x1p64)
        random = SplitMix64(seed: seed)
    }

    package mutating func next() -> Bool {
        guard let threshold else { return true }
        if threshold == 0 { return false }
        return random.next() < threshold
    }
}
