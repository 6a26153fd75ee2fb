// SPDX-License-Identifier: Apache-2.0

/// A slice of the keys that one experiment has for itself: experiments of a layer share its salt
/// and have disjoint slices, so no key is in two of them. Within the slice the experiment hashes
/// again with its own salt.
package struct Layer: Equatable, Sendable {
    package let salt: Salt
    /// Buckets of the layer's hash, within 0 to 10,000.
    package let slice: Range<UInt16>

    /// - Throws: `layerSlice` when it is empty or passes 10,000.
    package init(salt: Salt, slice: Range<UInt16>) throws(PlanError) {
        guard !slice.isEmpty, slice.upperBound <= 10_000 else { throw .layerSlice(slice) }
        self.salt = salt
        self.slice = slice
    }

    package func admits(_ key: Span<UInt8>) -> Bool { slice.contains(salt.hash(key).bucket) }

    package func excludes(_ other: Layer) -> Bool {
        salt == other.salt && !slice.overlaps(other.slice)
    }
}
