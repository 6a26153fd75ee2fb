// SPDX-License-Identifier: Apache-2.0

/// How a row becomes the columns that a linear model weighs.
///
/// A number gives two columns: the value standardised, `(x - mean) / scale`, and whether it is
/// missing (the first is then 0). A category with `n` values gives `n + 2` columns of which one is
/// 1: the values in the dictionary's order, any other value, missing.
package struct LinearEncoding: Equatable, Sendable {
    package struct Standardisation: Equatable, Sendable {
        package let mean: Double
        /// Population standard deviation; 1 where the feature does not vary.
        package let scale: Double

        package init(mean: Double, scale: Double) {
            self.mean = mean
            self.scale = scale
        }
    }

    /// The columns of one feature, from `offset` on.
    package struct Block: Equatable, Sendable {
        package let offset: Int
        /// For a category: how many values its dictionary has.
        let categoryCount: Int
        /// For a number.
        let standardisation: Standardisation?

        package var columnCount: Int { standardisation == nil ? categoryCount + 2 : 2 }

        /// The one column that is not 0 for this value, and what stands there.
        @inline(__always)
        package func entry(_ value: Double) -> (column: Int, value: Double) {
            if let standardisation {
                return value.isNaN
                    ? (offset + 1, 1)
                    : (offset, (value - standardisation.mean) / standardisation.scale)
            }
            // A row's codes are never above `otherCode`; the bound keeps a wrong row harmless.
            return (offset + (value.isNaN ? categoryCount + 1 : min(Int(value), categoryCount)), 1)
        }
    }

    package let blocks: [Block]
    package let columnCount: Int

    /// - Parameter standardisations: one for each feature; `nil` for categories and only for them.
    package init?(schema: FeatureSchema, standardisations: [Standardisation?]) {
        guard standardisations.count == schema.count else { return nil }
        var blocks: [Block] = []
        var offset = 0
        for (feature, standardisation) in zip(schema.features, standardisations) {
            var categoryCount = 0
            switch (feature.kind, standardisation) {
            case (.number, let standardisation?):
                guard standardisation.mean.isFinite, standardisation.scale.isFinite,
                    standardisation.scale > 0
                else { return nil }
            case (.category(let dictionary), nil): categoryCount = dictionary.otherCode
            default: return nil
            }
            blocks.append(
                Block(
                    offset: offset, categoryCount: categoryCount, standardisation: standardisation))
            offset += blocks[blocks.count - 1].columnCount
        }
        self.blocks = blocks
        columnCount = offset
    }
}
