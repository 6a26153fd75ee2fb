// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Training

/// The options of `fit --model auto`.
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
}
