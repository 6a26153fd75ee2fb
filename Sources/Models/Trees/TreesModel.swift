// SPDX-License-Identifier: Apache-2.0

/// Margins that are sums of the leaves that a row ends in: boosted trees, forests, isolation.
package struct TreesModel: Equatable, Sendable {
    package let featureCount: Int
    package let trees: [DecisionTree]
    package let aggregation: TreeAggregation

    package var outputCount: Int { aggregation.marginCount }

    /// - Returns: `nil` without trees, when a tree asks for a feature or adds to a margin that is
    ///   not there, or when a number is not of the aggregation's precision.
    package init?(featureCount: Int, trees: [DecisionTree], aggregation: TreeAggregation) {
        guard !trees.isEmpty else { return nil }
        let precision = aggregation.precision
        for tree in trees {
            guard tree.firstMargin <= aggregation.marginCount - tree.leafWidth,
                tree.leafValues.allSatisfy({ precision.rounded($0) == $0 })
            else { return nil }
            for split in tree.splits {
                guard split.feature < featureCount else { return nil }
                if case .threshold(let threshold) = split.rule {
                    guard threshold.isNaN || precision.rounded(threshold) == threshold else {
                        return nil
                    }
                }
            }
        }
        self.featureCount = featureCount
        self.trees = trees
        self.aggregation = aggregation
    }

    package var isExplainable: Bool { false }

    package func explanation(of row: Span<Double>, output: Int) -> Explanation? { nil }

    /// Appends `outputCount` margins for each row.
    ///
    /// - Parameter rows: row-major, one value for each feature.
    package func appendMargins(of rows: Span<Double>, to margins: inout [Double]) {
        var row = [Double](repeating: 0, count: featureCount)
        for start in stride(from: 0, to: rows.count, by: featureCount) {
            for feature in 0..<featureCount {
                row[feature] = aggregation.precision.rounded(rows[start + feature])
            }
            let first = margins.count
            margins += aggregation.start
            for tree in trees { add(tree, row.span, to: &margins, at: first) }
            for index in 0..<outputCount {
                margins[first + index] = aggregation.finished(margins[first + index], margin: index)
            }
        }
    }

    private func add(
        _ tree: DecisionTree, _ row: Span<Double>, to margins: inout [Double], at first: Int
    ) {
        let width = tree.leafWidth
        let leaf = tree.leaf(of: row)
        for index in 0..<width {
            let margin = first + tree.firstMargin + index
            // Rounding a double sum of two floats once more gives the float sum (Figueroa 1995).
            margins[margin] = aggregation.precision.rounded(
                margins[margin] + tree.leafValues[leaf * width + index])
        }
    }
}
