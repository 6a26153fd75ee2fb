// SPDX-License-Identifier: Apache-2.0

/// Margins that are sums of the leaves that a row ends in: boosted trees, forests, isolation.
///
/// Each row's leaves are found by the kernel that is quickest for the ensemble; which one that is
/// never shows in an answer.
package struct TreesModel: Sendable {
    package let featureCount: Int
    package let trees: [DecisionTree]
    package let aggregation: TreeAggregation
    /// For a row, and for many.
    private(set) var kernels: (row: TreeKernel, batch: TreeKernel)
    private let attribution: TreeAttribution?

    package var outputCount: Int { aggregation.marginCount }

    /// - Returns: `nil` without trees, when a tree asks for a feature or adds to a margin that is
    ///   not there, or when a number is not of the aggregation's precision.
    package init?(featureCount: Int, trees: [DecisionTree], aggregation: TreeAggregation) {
        guard !trees.isEmpty, featureCount > 0 else { return nil }
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
        guard
            let kernel = TreeKernel.all(
                trees, aggregation: aggregation, featureCount: featureCount
            ).first
        else { return nil }
        self.featureCount = featureCount
        self.trees = trees
        self.aggregation = aggregation
        kernels = (kernel, kernel)
        attribution = TreeAttribution(trees, aggregation: aggregation)
    }

    /// Whether the training weight of every split and leaf is known.
    package var isExplainable: Bool { attribution != nil }

    /// What each feature adds to a margin: its Shapley value, path-dependent.
    package func explanation(of row: Span<Double>, output: Int) -> Explanation? {
        guard let attribution else { return nil }
        let rounded = (0..<featureCount).map { aggregation.precision.rounded(row[$0]) }
        let factor = aggregation.scale / aggregation.divisor
        let contributions = attribution.contributions(
            of: rounded.span, margin: output, trees: trees)
        return Explanation(
            base: attribution.bases[output] * factor + aggregation.bias[output],
            contributions: contributions.map { $0 * factor })
    }

    /// Appends `outputCount` margins for each row.
    ///
    /// - Parameters:
    ///   - rows: row-major, one value for each feature.
    ///   - margins: its spare room is what kernels work in; nothing is allocated while it suffices.
    package func appendMargins(of rows: Span<Double>, to margins: inout [Double]) {
        let rowCount = rows.count / featureCount
        if rowCount == 1 {
            append(rows, 1, kernels.row, to: &margins)
        } else {
            append(rows, rowCount, kernels.batch, to: &margins)
        }
    }

    /// The same ensemble, computed by other kernels.
    func using(row: TreeKernel, batch: TreeKernel) -> TreesModel {
        var model = self
        model.kernels = (row, batch)
        return model
    }

    @inline(__always)
    private func append(
        _ rows: Span<Double>, _ rowCount: Int, _ kernel: TreeKernel, to margins: inout [Double]
    ) {
        let count = rowCount * outputCount
        rows.withUnsafeBufferPointer { rows in
            guard let rows = rows.baseAddress else { return }
            margins.append(addingCapacity: count + kernel.scratchCount) { output in
                output.withUnsafeMutableBufferPointer { room, initializedCount in
                    guard let room = room.baseAddress else { return }
                    kernel.write(rows, rowCount: rowCount, marginCount: outputCount, room)
                    initializedCount = count
                }
            }
        }
    }
}

/// Ensembles are equal by what they say, not by how they are computed.
extension TreesModel: Equatable {
    package static func == (one: TreesModel, other: TreesModel) -> Bool {
        one.featureCount == other.featureCount && one.trees == other.trees
            && one.aggregation == other.aggregation
    }
}
