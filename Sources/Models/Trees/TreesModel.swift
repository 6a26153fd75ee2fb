// SPDX-License-Identifier: Apache-2.0

/// Margins that are sums of the leaves that a row ends in: boosted trees, forests, isolation.
///
/// Each row's leaves are found by the kernel that is quickest for the ensemble; which one that is
/// never shows in an answer.
package struct TreesModel: Sendable {
    /// What a model holds, behind one reference: it is passed on with every request.
    private final class Ensemble: Sendable {
        let featureCount: Int
        let trees: [DecisionTree]
        let aggregation: TreeAggregation
        let attribution: TreeAttribution?

        init(_ featureCount: Int, _ trees: [DecisionTree], _ aggregation: TreeAggregation) {
            self.featureCount = featureCount
            self.trees = trees
            self.aggregation = aggregation
            attribution = TreeAttribution(trees, aggregation: aggregation)
        }
    }

    private let ensemble: Ensemble
    /// For one row, and for many.
    private let rowKernel: TreeKernel
    private let batchKernel: TreeKernel

    package var featureCount: Int { ensemble.featureCount }
    package var trees: [DecisionTree] { ensemble.trees }
    package var aggregation: TreeAggregation { ensemble.aggregation }

    package var outputCount: Int { ensemble.aggregation.marginCount }

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
        ensemble = Ensemble(featureCount, trees, aggregation)
        rowKernel = kernel
        batchKernel = kernel
    }

    var attribution: TreeAttribution? { ensemble.attribution }

    /// Appends `outputCount` margins for each row.
    ///
    /// - Parameters:
    ///   - rows: row-major, one value for each feature.
    ///   - margins: its spare room is what kernels work in; nothing is allocated while it suffices.
    package func appendMargins(of rows: Span<Double>, to margins: inout [Double]) {
        let rowCount = rows.count / featureCount
        if rowCount == 1 {
            append(rows, 1, rowKernel, to: &margins)
        } else {
            append(rows, rowCount, batchKernel, to: &margins)
        }
    }

    /// The same ensemble, computed by other kernels.
    func using(row: TreeKernel, batch: TreeKernel) -> TreesModel {
        TreesModel(ensemble, row, batch)
    }

    private init(_ ensemble: Ensemble, _ row: TreeKernel, _ batch: TreeKernel) {
        self.ensemble = ensemble
        rowKernel = row
        batchKernel = batch
    }

    /// Which kernels compute it.
    package var kernelNames: (row: String, batch: String) { (rowKernel.name, batchKernel.name) }

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
