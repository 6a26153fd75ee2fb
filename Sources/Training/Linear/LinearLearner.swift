// SPDX-License-Identifier: Apache-2.0
package import Models

/// Learns linear models under an L2 penalty.
package struct LinearLearner: Learner, Equatable {
    package enum Penalty: Equatable, Sendable {
        /// `½‖w‖² + C · Σ loss`, like scikit-learn's `LogisticRegression`.
        case inverse(Double)
        /// `Σ (margin - y)² + alpha · ‖w‖²`, like scikit-learn's `Ridge`.
        case alpha(Double)
    }

    package let penalty: Penalty
    /// What it learns of texts.
    package let vocabulary: VocabularyLearner

    package init(_ penalty: Penalty, vocabulary: VocabularyLearner = .standard) {
        self.penalty = penalty
        self.vocabulary = vocabulary
    }

    package func learn(
        _ data: Dataset, output: Output, progress: (Int, Double) -> Void
    ) throws(TrainingError) -> Learnt {
        let encoding = try encoding(data)
        let answers: [Double]
        let loss: LinearLoss
        switch (data.target, output.task) {
        case (.values(let values), .regression): (answers, loss) = (values, .squared)
        case (.labels(let labels), .binary):
            (answers, loss) = (labels.map { Double($0) }, .logistic)
        case (.labels(let labels), .multiclass):
            (answers, loss) = (labels.map { Double($0) }, .softmax)
        default: throw .inconsistent("the target does not fit the output")
        }
        let (penalty, scale) =
            switch penalty {
            case .inverse(let c): (1.0, c)
            case .alpha(let alpha): (2 * alpha, 2.0)
            }
        let objective = LinearObjective(
            design: DesignMatrix(data, encoding: encoding), answers: answers, loss: loss,
            outputCount: output.marginCount, penalty: penalty, scale: scale)
        let solution = try NewtonSolver().minimise(objective, progress: progress)
        let columnCount = encoding.columnCount
        let outputCount = output.marginCount
        let weights = (0..<outputCount).flatMap { output in
            (0..<columnCount).map { solution.parameters[$0 * outputCount + output] }
        }
        let intercepts = Array(solution.parameters[(columnCount * outputCount)...])
        guard
            let model = LinearModel(encoding: encoding, weights: weights, intercepts: intercepts)
        else { throw .inconsistent("a weight is not finite") }
        return Learnt(
            kind: .linear(model), output: output, objective: solution.objective,
            iterationCount: solution.iterationCount)
    }

    /// Means and population standard deviations of the numbers over rows that have them, and the
    /// texts' vocabularies.
    private func encoding(_ data: Dataset) throws(TrainingError) -> LinearEncoding {
        var learnt: [LinearEncoding.Learnt] = []
        for (index, feature) in data.schema.features.enumerated() {
            switch feature.kind {
            case .number:
                let values = stride(from: index, to: data.rows.count, by: data.schema.count)
                    .map { data.rows[$0] }.filter { !$0.isNaN }
                learnt.append(.number(Self.standardisation(values)))
            case .category: learnt.append(.category)
            case .text: learnt.append(.text(try vocabulary.learn(data, feature: index)))
            }
        }
        guard
            let encoding = LinearEncoding(schema: data.schema, learnt: learnt)
        else { throw .inconsistent("numbers too large to standardise") }
        return encoding
    }

    /// scikit-learn's `StandardScaler`, with its test for a spread that is only rounding.
    static func standardisation(_ values: [Double]) -> LinearEncoding.Standardisation {
        guard !values.isEmpty else { return .init(mean: 0, scale: 1) }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        var squares = 0.0
        var rest = 0.0
        for value in values {
            squares += (value - mean) * (value - mean)
            rest += value - mean
        }
        let variance = (squares - rest * rest / count) / count
        let noise = count * mean * Double.ulpOfOne
        let isConstant = variance <= count * Double.ulpOfOne * variance + noise * noise
        return .init(mean: mean, scale: isConstant ? 1 : variance.squareRoot())
    }
}
