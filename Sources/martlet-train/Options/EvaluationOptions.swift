// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import JSON
import Training

/// The options of `fit` that say how a model is judged, and what its mistakes cost.
struct EvaluationOptions: ParsableArguments {
    @Option(
        help: "Resamples of the test rows for the metrics' 95 % intervals; 0 leaves them out.")
    var bootstrap = 1000

    @Option(
        help: """
            How often each feature is shuffled to tell by how much the model needs it; 0 leaves it \
            out, else 5 at least.
            """)
    var permutationRepeats = 0

    @Option(help: "Judge by so many folds of the training rows as well.")
    var crossValidation: Int?

    @Option(
        help: ArgumentHelp(
            "Folds keep rows of one value of this column together; it is no feature.",
            valueName: "column"))
    var group: String?

    @Option(
        help: ArgumentHelp(
            "Folds are judged by models of the rows before them in this column; it is no feature.",
            valueName: "column"))
    var time: String?

    @Option(help: "What it costs to call a negative positive; two classes.")
    var costFalsePositive: Double?

    @Option(help: "What it costs to call a positive negative; two classes.")
    var costFalseNegative: Double?

    var isForClasses: Bool { costFalsePositive != nil || costFalseNegative != nil }

    func validate() throws {
        guard 0...100_000 ~= bootstrap else {
            throw ValidationError("--bootstrap \(bootstrap) is not between 0 and 100000")
        }
        guard permutationRepeats == 0 || 5...1000 ~= permutationRepeats else {
            throw ValidationError(
                "--permutation-repeats \(permutationRepeats) is neither 0 nor between 5 and 1000")
        }
        if let crossValidation, !(2...100 ~= crossValidation) {
            throw ValidationError("--cross-validation \(crossValidation) is not between 2 and 100")
        }
        guard crossValidation != nil || (group == nil && time == nil) else {
            throw ValidationError("--group and --time are for --cross-validation")
        }
        guard group == nil || time == nil else {
            throw ValidationError("--group and --time exclude each other")
        }
        for cost in [costFalsePositive, costFalseNegative].compactMap(\.self) {
            guard cost > 0, cost.isFinite else {
                throw ValidationError("a cost of \(cost) is not a positive number")
            }
        }
    }

    func folds(seed: UInt64) -> CrossValidation? {
        let scheme: CrossValidation.Scheme =
            group != nil ? .grouped : time != nil ? .timeOrdered : .stratified
        return crossValidation.map { CrossValidation(foldCount: $0, scheme: scheme, seed: seed) }
    }

    /// What is judged beside the metrics.
    func settings(seed: UInt64) -> EvaluationSettings {
        var settings = EvaluationSettings()
        settings.resampleCount = bootstrap
        settings.permutationRepeatCount = permutationRepeats
        settings.seed = seed
        if isForClasses {
            settings.costs = .init(
                falsePositive: costFalsePositive ?? 1, falseNegative: costFalseNegative ?? 1)
        }
        return settings
    }

    /// What the artifact records of costs and folds.
    var record: [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        if isForClasses {
            members += [
                .init(name: "cost_false_positive", value: .number(costFalsePositive ?? 1)),
                .init(name: "cost_false_negative", value: .number(costFalseNegative ?? 1)),
            ]
        }
        if let crossValidation {
            members.append(.init(name: "folds", value: .integer(crossValidation)))
        }
        if let group { members.append(.init(name: "group", value: .string(group))) }
        if let time { members.append(.init(name: "time", value: .string(time))) }
        return members
    }
}
