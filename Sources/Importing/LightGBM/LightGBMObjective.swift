// SPDX-License-Identifier: Apache-2.0
import Models

/// What a LightGBM objective makes of raw scores: its `ConvertOutput`.
struct LightGBMObjective {
    /// Without its parameters; empty where there was none, or one of the user's own.
    let name: String
    let output: Output

    /// - Parameters:
    ///   - text: such as `binary sigmoid:1`; `nil` where the file has none.
    ///   - scoreCount: trees for each iteration.
    ///   - divisor: of raw scores, before they are converted.
    init(_ text: String?, scoreCount: Int, divisor: Double) throws(ImportError) {
        let words = (text ?? "").split(separator: " ").map(String.init)
        name = words.first ?? ""
        let options = Set(words.dropFirst())
        let labels = (0..<scoreCount).map { String($0) }
        let output: Output?
        switch name {
        case "regression":
            output = Output(.regression, link: options.contains("sqrt") ? .signedSquare : .identity)
        case "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg", "",
            "custom":
            output = .regression
        case "poisson", "gamma", "tweedie": output = Output(.regression, link: .exponential)
        case "cross_entropy": output = Output(.regression, link: .logistic(slope: 1, intercept: 0))
        case "cross_entropy_lambda": output = Output(.regression, link: .logOnePlusExponential)
        case "binary":
            let slope = try Self.parameter("sigmoid", words)
            output = Output(
                .binary(labels: ["0", "1"]), link: .logistic(slope: slope, intercept: 0))
        case "multiclass": output = Output(.multiclass(labels: labels))
        case "multiclassova":
            let slope = try Self.parameter("sigmoid", words)
            output = Output(
                .multiclass(labels: labels), link: .logistic(slope: slope, intercept: 0))
        default: throw .unsupported("objective '\(name)'")
        }
        guard let output, output.marginCount == scoreCount else {
            throw .unsupported("objective '\(name)' with \(scoreCount) trees for each iteration")
        }
        guard let divided = Output(output.task, link: output.link, divisor: divisor) else {
            throw .malformed(field: "trees", reason: "none")
        }
        self.output = divided
    }

    private static func parameter(_ name: String, _ words: [String]) throws(ImportError) -> Double {
        for word in words where word.hasPrefix(name + ":") {
            guard let value = Double(word.dropFirst(name.count + 1)), value.isFinite, value > 0
            else { throw .malformed(field: "objective", reason: "'\(word)'") }
            return value
        }
        return 1
    }
}
