// SPDX-License-Identifier: Apache-2.0

/// Follows each tree from its root, one after the other, as the canonical form says: for ensembles
/// that no quicker kernel can take, and what the others are tested by.
final class PlainWalk: Sendable {
    private let trees: [DecisionTree]
    private let leaves: LeafTable
    private let precision: Precision
    private let featureCount: Int

    /// - Returns: `nil` with more than 2^31 leaf values.
    init?(_ trees: [DecisionTree], aggregation: TreeAggregation, featureCount: Int) {
        guard
            let leaves = LeafTable(
                trees, orders: trees.map { Array(0..<$0.leafCount) }, aggregation: aggregation)
        else { return nil }
        self.trees = trees
        self.leaves = leaves
        self.featureCount = featureCount
        precision = aggregation.precision
    }

    /// In bytes.
    var scratchSize: Int { featureCount * MemoryLayout<Double>.size }

    func write(
        _ rows: UnsafePointer<Double>, _ rowCount: Int, _ margins: UnsafeMutablePointer<Double>,
        _ scratch: UnsafeMutableRawPointer
    ) {
        let values = scratch.assumingMemoryBound(to: Double.self)
        for row in 0..<rowCount {
            for feature in 0..<featureCount {
                values[feature] = precision.rounded(rows[row * featureCount + feature])
            }
            let span = UnsafeBufferPointer(start: values, count: featureCount).span
            leaves.write(margins + row * leaves.marginCount) { trees[$0].leaf(of: span) }
        }
    }
}
