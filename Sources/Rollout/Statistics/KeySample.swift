// SPDX-License-Identifier: Apache-2.0

/// Keys seen once, in bounded memory: the same key again is no new evidence.
///
/// When the table is full it keeps every second key by a hash that no assignment uses, and from
/// then on takes only such keys: the evidence comes slower and stays exact, because whether a key
/// is in the sample does not depend on its arm.
package struct KeySample: Equatable, Sendable {
    package let capacity: Int
    private var hashes: Set<UInt64> = []
    /// A key is in the sample when its rank has this many leading zeros.
    package private(set) var halvings: UInt8 = 0

    package init(capacity: Int) { self.capacity = max(2, capacity) }

    package var count: Int { hashes.count }

    /// Whether the key is in the sample and new.
    package mutating func insert(_ key: KeyHash) -> Bool {
        guard isSampled(key.value), hashes.insert(key.value).inserted else { return false }
        while hashes.count > capacity {
            halvings += 1
            hashes = hashes.filter(isSampled)
        }
        return true
    }

    package func contains(_ key: KeyHash) -> Bool { hashes.contains(key.value) }

    private func isSampled(_ value: UInt64) -> Bool {
        KeyHash(value).sampleRank.leadingZeroBitCount >= Int(halvings)
    }
}

extension KeySample {
    mutating func transfer(_ coder: inout SnapshotCoder) throws(SnapshotError) {
        try coder.transfer(&halvings)
        try coder.transfer(&hashes, countMax: capacity)
    }
}
