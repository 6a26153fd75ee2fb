// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Training

/// The options of `fit --model auto`, and which others it takes.
struct SearchOptions: ParsableArguments {
    @Option(
        help: """
            Seconds within which auto tries families; learning the best one's model of all \
            training rows comes on top. (default: 60)
            """)
    var budget: Double?

    var budgetSeconds: Double { budget ?? 60 }

    func validate() throws {
        if let budget, !(budget > 0 && budget.isFinite) {
            throw ValidationError("--budget \(budget) is not a positive number")
        }
    }

    /// What says how any family learns and is judged. Every other flag is a hyper-parameter, which
    /// auto sets itself.
    private static let accepted: Set<String> = [
        "--alias", "--artifact", "--bootstrap", "--budget", "--calibration", "--category",
        "--class-weight", "--columns", "--cost-false-negative", "--cost-false-positive",
        "--cross-validation", "--data", "--delimiter", "--group", "--holdout", "--ignore", "--json",
        "--min-category-count", "--missing", "--model", "--name", "--no-header", "--number",
        "--permutation-repeats", "--positive", "--registry", "--seed", "--target", "--task",
        "--test", "--text", "--threads", "--time",
    ]

    /// The first flag among a command line's words that is a hyper-parameter. A value never begins
    /// with two dashes.
    static func hyperparameter(among words: [String]) -> String? {
        words.filter { $0.hasPrefix("--") }.map { String($0.prefix { $0 != "=" }) }
            .first { !accepted.contains($0) }
    }
}
