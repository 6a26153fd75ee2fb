// SPDX-License-Identifier: Apache-2.0

/// Which flags each family heeds. One that would have no effect is refused: who gives it believes
/// that it has.
extension FitCommand {
    /// What says how any family learns and is judged.
    private static let general: Set<String> = [
        "--alias", "--artifact", "--bootstrap", "--category", "--columns", "--cross-validation",
        "--data", "--delimiter", "--group", "--holdout", "--ignore", "--json",
        "--min-category-count", "--missing", "--model", "--name", "--no-header", "--number",
        "--permutation-repeats", "--positive", "--registry", "--seed", "--target", "--task",
        "--test", "--text", "--threads", "--time",
    ]

    private static let ofClasses: Set<String> = [
        "--calibration", "--class-weight", "--cost-false-negative", "--cost-false-positive",
    ]

    private static let ofTrees: Set<String> = ["--max-bin", "--max-depth", "--min-data-in-bin"]

    private static let ofForests: Set<String> = [
        "--max-features", "--min-samples-leaf", "--n-estimators",
    ]

    private static let ofBoosting: Set<String> = [
        "--bagging-fraction", "--bagging-freq", "--boost-from-average", "--cat-l2", "--cat-smooth",
        "--early-stopping-round", "--feature-fraction", "--lambda-l1", "--lambda-l2",
        "--learning-rate", "--max-cat-threshold", "--max-cat-to-onehot", "--min-data-in-leaf",
        "--min-data-per-group", "--min-gain-to-split", "--min-sum-hessian-in-leaf",
        "--monotone-constraint", "--no-boost-from-average", "--no-refit", "--num-iterations",
        "--num-leaves", "--objective", "--poisson-max-delta-step", "--quantile-alpha", "--refit",
        "--scale-pos-weight", "--validation-fraction",
    ]

    private static let ofPerceptrons: Set<String> = [
        "--alpha", "--batch-size", "--hidden-layer-sizes", "--learning-rate-init", "--max-iter",
        "--n-iter-no-change", "--tol", "--validation-fraction",
    ]

    private var heeded: Set<String> {
        switch model {
        case .auto: Self.ofClasses.union(["--budget"])
        case .logistic, .text: Self.ofClasses.union(["--C", "--l1-ratio"])
        case .linear: ["--alpha", "--l1-ratio"]
        case .naiveBayes: Self.ofClasses.union(["--alpha", "--var-smoothing"])
        case .kMeans: ["--max-iter", "--n-clusters", "--n-init", "--tol"]
        case .mlp: Self.ofClasses.union(Self.ofPerceptrons)
        case .boostedTrees: Self.ofClasses.union(Self.ofTrees).union(Self.ofBoosting)
        case .randomForest, .extraTrees:
            Self.ofClasses.union(Self.ofTrees).union(Self.ofForests)
        case .isolationForest: ["--max-samples", "--n-estimators"]
        }
    }

    /// The first flag among a command line's words that the family does not heed. A value never
    /// begins with two dashes.
    func unheeded(among words: [String]) -> String? {
        words.filter { $0.hasPrefix("--") && $0 != "--" }.map { String($0.prefix { $0 != "=" }) }
            .first { !Self.general.contains($0) && !heeded.contains($0) }
    }
}
