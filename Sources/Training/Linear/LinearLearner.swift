// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Models

/// Learns linear models under an elastic net.
package struct LinearLearner: Learner, Equatable {
    package enum Penalty: Equatable, Sendable {
        /// `½‖w‖² + C · Σ loss`, like scikit-learn's `LogisticRegression`; with an L1 ratio `r`
        /// `½(1 - r)‖w‖² + r‖w‖₁ + C · Σ loss`.
        case inverse(Double)
        /// `Σ (margin - y)² + alpha · ‖w‖²`, like scikit-learn's `Ridge`; with an L1 ratio `r`
        /// `1/2n · Σ (margin - y)² + alpha · (½(1 - r)‖w‖² + r‖w‖₁)`, like its `ElasticNet`.
        case alpha(Double)
    }

    package let penalty: Penalty
    /// How much of the penalty is the L1 norm's, from 0 to 1.
    package let l1Ratio: Double
    /// For classes alone.
    package let classWeight: ClassWeight?
    /// What it learns of texts.
    package let vocabulary: VocabularyLearner

    package init(
        _ penalty: Penalty, l1Ratio: Double = 0, classWeight: ClassWeight? = nil,
        vocabulary: VocabularyLearner = .standard
    ) {
        self.penalty = penalty
        self.l1Ratio = l1Ratio
        self.classWeight = classWeight
        self.vocabulary = vocabulary
    }

    package var record: [JSONValue.Member] {
        var members: [JSONValue.Member] =
            switch penalty {
            case .inverse(let c): [.init(name: "C", value: .number(c))]
            case .alpha(let alpha): [.init(name: "alpha", value: .number(alpha))]
            }
        if l1Ratio > 0 { members.append(.init(name: "l1_ratio", value: .number(l1Ratio))) }
        if let classWeight {
            members.append(.init(name: "class_weight", value: .string(classWeight.rawValue)))
        }
        return members
    }

    package func learn(
        _ data: Dataset, output: Output, progress: LearningProgress
    ) throws(TrainingError) -> Learnt {
        let encoding = try Self.encoding(data, vocabulary)
        let answers: [Double]
        let loss: LinearLoss
        // The intercept is free: what all answers share need not pass through the sums.
        var shared = 0.0
        switch (data.target, output.task) {
        case (.values(let values), .regression):
            shared = values.reduce(0, +) / Double(values.count)
            (answers, loss) = (values.map { [shared] in $0 - shared }, .squared)
        case (.labels(let labels), .binary):
            (answers, loss) = (labels.map { Double($0) }, .logistic)
        case (.labels(let labels), .multiclass):
            (answers, loss) = (labels.map { Double($0) }, .softmax)
        default: throw .inconsistent("the target does not fit the output")
        }
        let terms = terms(rowCount: data.count)
        var objective = LinearObjective(
            design: DesignMatrix(data, encoding: encoding), answers: answers, loss: loss,
            outputCount: output.marginCount, penalty: terms.ridge, scale: terms.scale)
        if let classWeight, case .labels(let labels) = data.target {
            objective.labelWeights = classWeight.weights(labels, labelCount: output.labels.count)
        }
        let solution =
            terms.lasso > 0
            ? try ProximalNewtonSolver().minimise(
                objective, lasso: terms.lasso, progress: progress)
            : try NewtonSolver().minimise(objective, progress: progress)
        let columnCount = encoding.columnCount
        let outputCount = output.marginCount
        let weights = (0..<outputCount).flatMap { output in
            (0..<columnCount).map { solution.parameters[$0 * outputCount + output] }
        }
        let intercepts = solution.parameters[(columnCount * outputCount)...].map { $0 + shared }
        guard
            let model = LinearModel(encoding: encoding, weights: weights, intercepts: intercepts)
        else { throw .unsuitable("a weight is not finite; numbers nearer to 1 help") }
        return Learnt(
            kind: .linear(model), output: output, objective: solution.objective,
            iterationCount: solution.iterationCount)
    }

    /// The weights of `½‖w‖²`, of `‖w‖₁` and of the losses, of which the squared has a half.
    private func terms(rowCount: Int) -> (ridge: Double, lasso: Double, scale: Double) {
        switch penalty {
        case .inverse(let c): (1 - l1Ratio, l1Ratio, c)
        case .alpha(let alpha) where l1Ratio > 0:
            (alpha * (1 - l1Ratio), alpha * l1Ratio, 1 / Double(rowCount))
        case .alpha(let alpha): (2 * alpha, 0, 2)
        }
    }

    /// Means and population standard deviations of the numbers over rows that have them, and the
    /// texts' vocabularies.
    static func encoding(
        _ data: Dataset, _ vocabulary: VocabularyLearner
    ) throws(TrainingError) -> LinearEncoding {
        var learnt: [LinearEncoding.Learnt] = []
        for (index, standardisation) in standardisations(data).enumerated() {
            if case .text = data.schema.features[index].kind {
                learnt.append(.text(try vocabulary.learn(data, feature: index)))
            } else {
                learnt.append(standardisation.map { .number($0) } ?? .category)
            }
        }
        guard
            let encoding = LinearEncoding(schema: data.schema, learnt: learnt)
        else { throw .unsuitable("a column's numbers are too large to standardise") }
        return encoding
    }

    static func standardisations(_ data: Dataset) -> [LinearEncoding.Standardisation?] {
        data.schema.features.enumerated().map { index, feature in
            guard feature.kind == .number else { return nil }
            let values = stride(from: index, to: data.rows.count, by: data.schema.count)
                .map { data.rows[$0] }.filter { !$0.isNaN }
            return standardisation(values)
        }
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
