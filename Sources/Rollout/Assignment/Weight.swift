// SPDX-License-Identifier: Apache-2.0

/// A share of the keys in basis points: 0 to 10,000, so 0.01 % a step, compared as integers.
package struct Weight: Hashable, Comparable, Sendable {
    static let scale: UInt64 = 10_000

    package static let none = Weight(unchecked: 0)
    package static let all = Weight(unchecked: 10_000)

    package let basisPoints: UInt16

    /// `nil` above 10,000.
    package init?(basisPoints: Int) {
        guard (0...10_000).contains(basisPoints) else { return nil }
        self.basisPoints = UInt16(basisPoints)
    }

    /// `nil` above 100.
    package init?(percent: Int) {
        guard (0...100).contains(percent) else { return nil }
        basisPoints = UInt16(percent * 100)
    }

    private init(unchecked basisPoints: UInt16) { self.basisPoints = basisPoints }

    /// Whether a key is the candidate's. True for a weight is true for every larger one.
    package func contains(_ key: KeyHash) -> Bool { key.bucket < basisPoints }

    /// As a share of one, for the statistics.
    package var share: Double { Double(basisPoints) / 10_000 }

    package static func < (left: Weight, right: Weight) -> Bool {
        left.basisPoints < right.basisPoints
    }
}
