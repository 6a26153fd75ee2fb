// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// When an iterating learner ends: options of `fit` that several families share.
struct StoppingOptions: ParsableArguments {
    @Option(help: "Most passes of k-means (300) and mlp (200).")
    var maxIter: Int?

    @Option(help: "How little k-means or mlp may gain before it stops. (default: 0.0001)")
    var tol: Double?

    @Option(
        help: """
            The part of the training rows that tells mlp and boosted-trees when to stop; 0 lets \
            mlp go on to its last pass.
            """)
    var validationFraction = 0.1

    func validate() throws {
        if let maxIter, maxIter < 1 {
            throw ValidationError("--max-iter \(maxIter) is not positive")
        }
        if let tol, !(tol >= 0 && tol.isFinite) {
            throw ValidationError("--tol \(tol) is not zero or a positive number")
        }
        guard validationFraction >= 0, validationFraction < 1 else {
            throw ValidationError(
                "--validation-fraction \(validationFraction) is not between 0 and 1")
        }
    }
}
