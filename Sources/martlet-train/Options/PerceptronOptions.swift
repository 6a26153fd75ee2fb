// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The options of `fit --model mlp`, named as in scikit-learn.
struct PerceptronOptions: ParsableArguments {
    @Option(help: "Units of the hidden layers, comma-separated.")
    var hiddenLayerSizes = "128,64"

    @Option(help: "Step size of Adam.")
    var learningRateInit = 0.001

    @Option(help: "Rows a step.")
    var batchSize = 200

    @Option(help: "Passes without a better loss after which learning ends.")
    var nIterNoChange = 10

    /// Empty where a size is not a positive number.
    var widths: [Int] {
        let sizes = hiddenLayerSizes.split(separator: ",").map { Int($0) }
        let widths = sizes.compactMap { $0 }.filter { 1...100_000 ~= $0 }
        return widths.count == sizes.count ? widths : []
    }

    func validate() throws {
        guard 1...32 ~= widths.count else {
            throw ValidationError(
                "--hidden-layer-sizes '\(hiddenLayerSizes)' are not positive numbers")
        }
        guard learningRateInit > 0, learningRateInit.isFinite else {
            throw ValidationError("--learning-rate-init \(learningRateInit) is not positive")
        }
        guard 1...1_000_000 ~= batchSize else {
            throw ValidationError("--batch-size \(batchSize) is not between 1 and 1000000")
        }
        guard nIterNoChange >= 1 else {
            throw ValidationError("--n-iter-no-change \(nIterNoChange) is not positive")
        }
    }
}
