// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// How closely a model fits: options of `fit` that several families share.
struct PenaltyOptions: ParsableArguments {
    @Option(
        name: .customLong("C"),
        help: "Inverse penalty of logistic (1) and text (10): larger fits closer.")
    var inversePenalty: Double?

    @Option(
        help: """
            Penalty of linear (1) and mlp (0.0001), or what naive-bayes adds to each count (1): \
            smaller fits closer.
            """)
    var alpha: Double?

    @Option(
        help: """
            How much of the penalty of linear and logistic is the L1 norm's, from 0 to 1. Above 0 \
            linear is scikit-learn's ElasticNet, else its Ridge.
            """)
    var l1Ratio: Double = 0

    @Option(
        help: "The part of the largest variance that naive-bayes adds to all.")
    var varSmoothing: Double = 1e-9

    /// Far beyond any use, and short of where sums end.
    private static let penaltyMax = 1e15

    func validate() throws {
        if let inversePenalty, !(inversePenalty > 0 && inversePenalty.isFinite) {
            throw ValidationError("--C \(inversePenalty) is not a positive number")
        }
        if let alpha, !(alpha >= 0 && alpha.isFinite) {
            throw ValidationError("--alpha \(alpha) is not zero or a positive number")
        }
        for (name, value) in [("C", inversePenalty), ("alpha", alpha)] {
            guard let value, value > Self.penaltyMax else { continue }
            throw ValidationError("--\(name) \(value) is more than \(Self.penaltyMax)")
        }
        guard l1Ratio >= 0, l1Ratio <= 1 else {
            throw ValidationError("--l1-ratio \(l1Ratio) is not between 0 and 1")
        }
        guard varSmoothing > 0, varSmoothing.isFinite else {
            throw ValidationError("--var-smoothing \(varSmoothing) is not a positive number")
        }
        guard varSmoothing <= Self.penaltyMax else {
            throw ValidationError(
                "--var-smoothing \(varSmoothing) is more than \(Self.penaltyMax)")
        }
    }
}
