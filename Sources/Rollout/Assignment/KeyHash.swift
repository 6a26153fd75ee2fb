// SPDX-License-Identifier: Apache-2.0

/// A key as a rollout knows it: its hash under the rollout's salt, never the key itself.
package struct KeyHash: Hashable, Sendable {
    package let value: UInt64

    package init(_ value: UInt64) { self.value = value }

    /// 0 to 9,999: what a canary's weight is compared with. The bias of the remainder is under
    /// 2⁻⁵⁰.
    package var bucket: UInt16 { UInt16(truncatingIfNeeded: value % Weight.scale) }

    /// A second draw, independent of `bucket`: which arm of an experiment.
    var armBucket: UInt16 { UInt16(truncatingIfNeeded: value / Weight.scale % Weight.scale) }

    /// A third one, for samples of keys that must not depend on either bucket: SplitMix64's
    /// finaliser.
    var sampleRank: UInt64 {
        var rank = value ^ value >> 30
        rank &*= 0xbf58_476d_1ce4_e5b9
        rank = (rank ^ rank >> 27) &* 0x94d0_49bb_1331_11eb
        return rank ^ rank >> 31
    }
}
