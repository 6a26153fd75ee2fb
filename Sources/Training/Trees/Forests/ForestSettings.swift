// SPDX-License-Identifier: Apache-2.0

/// The hyper-parameters of random forests and extremely randomised trees, under scikit-learn's
/// names.
package struct ForestSettings: Equatable, Sendable {
    package enum Variant: Equatable, Sendable {
        /// Each tree sees rows drawn with replacement and takes the best thresholds (L. Breiman,
        /// "Random forests", 2001).
        case randomForest
        /// Each tree sees all rows and takes the best of random thresholds (P. Geurts et al.,
        /// "Extremely randomized trees", 2006).
        case extraTrees
    }

    /// How many features a split chooses from.
    package enum FeatureCount: Equatable, Sendable {
        /// All for numbers and for random thresholds, the square root otherwise.
        case automatic
        case squareRoot
        case share(Double)

        func count(of features: Int, isAll: Bool) -> Int {
            switch self {
            case .automatic where isAll: features
            case .automatic, .squareRoot: max(1, Int(Double(features).squareRoot()))
            case .share(let share): max(1, min(features, Int(Double(features) * share)))
            }
        }
    }

    package var variant: Variant
    package var nEstimators = 100
    /// Zero or less for no limit.
    package var maxDepth = -1
    /// scikit-learn has 1; leaves of a few rows rank better and make a smaller model.
    package var minSamplesLeaf = 5
    package var maxFeatures = FeatureCount.automatic
    package var classWeight: ClassWeight?
    package var maxBin = 255
    package var minDataInBin = 3
    package var seed: UInt64 = 1

    package init(_ variant: Variant) {
        self.variant = variant
    }
}
