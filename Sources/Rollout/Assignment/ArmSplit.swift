// SPDX-License-Identifier: Apache-2.0

/// How an A/B experiment divides keys: two to eight arms by fixed weights, the rest held back.
///
/// Exposure and arm are two independent draws from one hash: a growing exposure only adds keys, and
/// no key ever moves from one arm to another.
package struct ArmSplit: Equatable, Sendable {
    package let weights: [Weight]
    /// The share of all keys that take part; the others are held back with the stable version.
    package let exposure: Weight
    /// Where each arm begins among the 10,000 arm buckets, without the first.
    private let starts: [UInt16]

    /// - Throws: `armCount` outside two to eight, `armWithoutWeight`, `weightsDoNotSumToAll`.
    package init(weights: [Weight], exposure: Weight) throws(PlanError) {
        guard (2...8).contains(weights.count) else { throw .armCount(weights.count) }
        if let empty = weights.firstIndex(of: .none) { throw .armWithoutWeight(empty) }
        let sum = weights.reduce(0) { $0 + Int($1.basisPoints) }
        guard sum == 10_000 else { throw .weightsDoNotSumToAll(basisPoints: sum) }
        self.weights = weights
        self.exposure = exposure
        var start: UInt16 = 0
        starts = weights.dropLast().map { weight in
            start += weight.basisPoints
            return start
        }
    }

    /// The key's arm; `nil` when it is held back.
    package func arm(of key: KeyHash) -> Int? {
        guard exposure.contains(key) else { return nil }
        var arm = 0
        for start in starts where key.armBucket >= start { arm += 1 }
        return arm
    }
}
