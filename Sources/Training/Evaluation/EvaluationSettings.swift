// SPDX-License-Identifier: Apache-2.0
package import Models

/// What is asked of a model's judgement beside the metrics themselves.
package struct EvaluationSettings: Equatable, Sendable {
    /// What mistakes on two classes cost, in any unit.
    package struct Costs: Equatable, Sendable {
        package let falsePositive: Double
        package let falseNegative: Double

        package init(falsePositive: Double, falseNegative: Double) {
            self.falsePositive = falsePositive
            self.falseNegative = falseNegative
        }

        /// Above this probability of the positive class, predicting it costs less on average: C.
        /// Elkan, "The foundations of cost-sensitive learning" (2001), equation 2. It is as good as
        /// the probabilities are.
        package var threshold: Double { falsePositive / (falsePositive + falseNegative) }
    }

    /// For intervals; 0 for none.
    package var resampleCount = 0
    /// For the importance of features; 0 for none.
    package var permutationRepeatCount = 0
    package var costs: Costs?
    package var seed: UInt64 = 1

    package init() {}

    /// The output with the threshold that the costs ask for; two classes alone have one.
    func output(_ output: Output) throws(TrainingError) -> Output {
        guard let costs else { return output }
        guard case .binary = output.task,
            let result = output.with(threshold: costs.threshold)
        else { throw .unsuitable("costs are for two classes") }
        return result
    }
}
