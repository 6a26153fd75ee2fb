// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Training

/// The options of `fit` for forests, named as in scikit-learn.
struct ForestOptions: ParsableArguments {
    @Option(help: "How many trees.")
    var nEstimators = 100

    @Option(help: "How many rows a leaf has at least.")
    var minSamplesLeaf = ForestSettings(.randomForest).minSamplesLeaf

    @Option(
        help: """
            How many features a split chooses from: sqrt or a part of all. \
            (default: 1.0 for numbers and for extra-trees, else sqrt)
            """)
    var maxFeatures: String?

    @Option(help: "How many rows a tree of an isolation forest sees.")
    var maxSamples = 256

    func validate() throws {
        guard 1...100_000 ~= nEstimators else {
            throw ValidationError("--n-estimators \(nEstimators) is not between 1 and 100000")
        }
        let countMax = TreeOptions.countMax
        guard 1...countMax ~= minSamplesLeaf else {
            throw ValidationError(
                "--min-samples-leaf \(minSamplesLeaf) is not between 1 and \(countMax)")
        }
        guard 2...countMax ~= maxSamples else {
            throw ValidationError(
                "--max-samples \(maxSamples) is not between 2 and \(countMax)")
        }
        if let maxFeatures, maxFeatures != "sqrt", share == nil {
            throw ValidationError(
                "--max-features '\(maxFeatures)' is neither sqrt nor a number from 0 to 1")
        }
    }

    private var share: Double? {
        maxFeatures.flatMap(Double.init).flatMap { $0 > 0 && $0 <= 1 ? $0 : nil }
    }

    var featureCount: ForestSettings.FeatureCount {
        if let share { return .share(share) }
        return maxFeatures == nil ? .automatic : .squareRoot
    }
}
