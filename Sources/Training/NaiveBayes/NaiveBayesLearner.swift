// SPDX-License-Identifier: Apache-2.0
import Glibc
package import JSON
package import Models

/// Counts: scikit-learn's `GaussianNB` for numbers and `CategoricalNB` for categories, in one
/// model.
package struct NaiveBayesLearner: Learner, Equatable {
    /// What is added to each count of a category's value (Laplace, Lidstone); positive.
    package var alpha: Double
    /// The part of the largest variance among numbers that is added to every variance; positive.
    package var varianceSmoothing: Double
    package var classWeight: ClassWeight?

    package init(
        alpha: Double = 1, varianceSmoothing: Double = 1e-9, classWeight: ClassWeight? = nil
    ) {
        self.alpha = alpha
        self.varianceSmoothing = varianceSmoothing
        self.classWeight = classWeight
    }

    package var record: [JSONValue.Member] {
        var members: [JSONValue.Member] = [
            .init(name: "alpha", value: .number(alpha)),
            .init(name: "var_smoothing", value: .number(varianceSmoothing)),
        ]
        if let classWeight {
            members.append(.init(name: "class_weight", value: .string(classWeight.rawValue)))
        }
        return members
    }

    package func learn(
        _ data: Dataset, output: Output, progress: LearningProgress
    ) throws(TrainingError) -> Learnt {
        guard case .labels(let labels) = data.target, output.labels.count >= 2 else {
            throw .inconsistent("the target does not fit the output")
        }
        let labelCount = output.labels.count
        let weights =
            classWeight?.weights(labels, labelCount: labelCount)
            ?? [Double](repeating: 1, count: labelCount)
        var totals = [Double](repeating: 0, count: labelCount)
        for label in labels { totals[Int(label)] += weights[Int(label)] }
        // A label without rows cannot come from a split, but a logarithm of 0 would spoil all.
        guard totals.allSatisfy({ $0 > 0 }) else { throw .inconsistent("a label without rows") }
        let total = totals.reduce(0, +)
        var logProbabilities: [Double] = []
        for (index, feature) in data.schema.features.enumerated() {
            guard case .category(let dictionary) = feature.kind else { continue }
            logProbabilities += categoryTable(
                data, labels, feature: index, codeCount: dictionary.otherCode + 1, weights)
        }
        guard
            let model = NaiveBayesModel(
                schema: data.schema, logPriors: totals.map { log($0 / total) },
                gaussians: gaussians(data, labels, labelCount),
                logProbabilities: logProbabilities)
        else {
            throw .unsuitable(
                "a variance or a probability is not finite; smaller numbers, --var-smoothing or "
                    + "--alpha help")
        }
        let kind = ModelKind.naiveBayes(model)
        let judged = Evaluation(
            margins: kind.margins(of: data), output: output, target: data.target)
        return Learnt(
            kind: kind, output: output, objective: judged["log_loss"] ?? 0, iterationCount: 1)
    }

    /// Log-probabilities of a feature's codes, labels adjacent; rows that miss it are not counted.
    private func categoryTable(
        _ data: Dataset, _ labels: [Int32], feature: Int, codeCount: Int, _ weights: [Double]
    ) -> [Double] {
        let labelCount = weights.count
        var counts = [Double](repeating: 0, count: codeCount * labelCount)
        var totals = [Double](repeating: 0, count: labelCount)
        for (row, label) in labels.enumerated() {
            let value = data.rows[row * data.schema.count + feature]
            if value.isNaN { continue }
            counts[Int(value) * labelCount + Int(label)] += weights[Int(label)]
            totals[Int(label)] += weights[Int(label)]
        }
        return counts.enumerated().map { cell, count in
            log(count + alpha) - log(totals[cell % labelCount] + alpha * Double(codeCount))
        }
    }

    private func gaussians(
        _ data: Dataset, _ labels: [Int32], _ labelCount: Int
    ) -> NaiveBayesModel.Gaussians {
        var (means, variances) = ([Double](), [Double]())
        var largest = 0.0
        for (index, feature) in data.schema.features.enumerated() where feature.kind == .number {
            var groups = [[Double]](repeating: [], count: labelCount)
            var all: [Double] = []
            for (row, label) in labels.enumerated() {
                let value = data.rows[row * data.schema.count + index]
                if value.isNaN { continue }
                groups[Int(label)].append(value)
                all.append(value)
            }
            let whole = Self.moments(all)
            largest = max(largest, whole.variance)
            for group in groups {
                // A label that never has the number is taken for like the others.
                let own = group.isEmpty ? whole : Self.moments(group)
                means.append(own.mean)
                variances.append(own.variance)
            }
        }
        let smoothing = largest > 0 ? varianceSmoothing * largest : varianceSmoothing
        variances = variances.map { $0 + smoothing }
        return .init(
            means: means, variances: variances,
            logScales: variances.map { -0.5 * log(2 * Double.pi * $0) })
    }

    /// Mean and population variance.
    private static func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
        guard !values.isEmpty else { return (0, 0) }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count)
    }
}
