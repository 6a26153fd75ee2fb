// SPDX-License-Identifier: Apache-2.0

/// How a row becomes a point in the space of clusters.
///
/// A number gives one column, the value standardised. A category with `n` values gives `n + 1`
/// columns of which one is 1: the values in the dictionary's order, any other value. Where a value
/// is missing its columns hold their means over the training rows.
package struct KMeansEncoding: Equatable, Sendable {
    /// The columns of one feature, from `offset` on.
    package struct Block: Equatable, Sendable {
        package let offset: Int
        package let columnCount: Int
        /// For a number.
        package let standardisation: LinearEncoding.Standardisation?

        package var columns: Range<Int> { offset..<(offset + columnCount) }

        /// The column of a category's code.
        @inline(__always)
        package func column(ofCode value: Double) -> Int {
            offset + min(Int(value), columnCount - 1)
        }

        @inline(__always)
        package func standardised(_ value: Double) -> Double {
            guard let standardisation else { return value }
            return (value - standardisation.mean) / standardisation.scale
        }
    }

    package let blocks: [Block]
    package let columnMeans: [Double]
    package var columnCount: Int { columnMeans.count }

    /// - Parameters:
    ///   - standardisations: one for each feature; `nil` for categories and only for them.
    ///   - columnMeans: what stands for a missing value.
    /// - Returns: `nil` when shapes disagree or a number is not finite.
    package init?(
        schema: FeatureSchema, standardisations: [LinearEncoding.Standardisation?],
        columnMeans: [Double]
    ) {
        guard standardisations.count == schema.count, columnMeans.allSatisfy(\.isFinite) else {
            return nil
        }
        var blocks: [Block] = []
        var offset = 0
        for (feature, standardisation) in zip(schema.features, standardisations) {
            var columnCount = 1
            switch (feature.kind, standardisation) {
            case (.number, let standardisation?):
                guard standardisation.mean.isFinite, standardisation.scale.isFinite,
                    standardisation.scale > 0
                else { return nil }
            case (.category(let dictionary), nil): columnCount = dictionary.otherCode + 1
            default: return nil
            }
            blocks.append(
                Block(offset: offset, columnCount: columnCount, standardisation: standardisation))
            offset += columnCount
        }
        guard columnMeans.count == offset else { return nil }
        self.blocks = blocks
        self.columnMeans = columnMeans
    }

    /// How many columns a schema's points have.
    package static func columnCount(of schema: FeatureSchema) -> Int {
        schema.features.reduce(0) { sum, feature in
            if case .category(let dictionary) = feature.kind {
                sum + dictionary.otherCode + 1
            } else {
                sum + 1
            }
        }
    }

    /// The point of the row that begins at `start`.
    package func point(of rows: Span<Double>, at start: Int) -> [Double] {
        var point = columnMeans
        for (index, block) in blocks.enumerated() {
            let value = rows[start + index]
            if value.isNaN { continue }
            if block.standardisation != nil {
                point[block.offset] = block.standardised(value)
            } else {
                for column in block.columns { point[column] = 0 }
                point[block.column(ofCode: value)] = 1
            }
        }
        return point
    }
}
