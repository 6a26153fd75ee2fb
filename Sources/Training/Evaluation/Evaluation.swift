// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Models

/// A model's metrics on one split.
package struct Evaluation: Equatable, Sendable {
    package let rowCount: Int
    package let metrics: [Metric]

    /// - Parameter margins: `output.marginCount` for each row of the target.
    package init(margins: [Double], output: Output, target: Target) {
        rowCount = target.count
        switch target {
        case .unlabelled: metrics = Self.unsupervised(margins, output)
        case .values(let values): metrics = Self.regression(margins, values)
        case .labels(let labels):
            var probabilities: [Double] = []
            probabilities.reserveCapacity(labels.count * output.labels.count)
            var predicted: [Int] = []
            let span = margins.span
            for row in labels.indices {
                let start = row * output.marginCount
                output.appendOutputs(span, at: start, to: &probabilities)
                predicted.append(output.predictedIndex(span, at: start))
            }
            let actual = labels.map { Int($0) }
            let confusion = Confusion(actual, predicted, labelCount: output.labels.count)
            metrics =
                output.labels.count == 2
                ? Self.binary(actual, probabilities, confusion)
                : Self.multiclass(actual, probabilities, confusion)
        }
    }

    /// With metrics beside those that margins tell.
    init(_ other: Evaluation, and metrics: [Metric]) {
        rowCount = other.rowCount
        self.metrics = other.metrics + metrics
    }

    package subscript(_ name: String) -> Double? {
        metrics.first { $0.name == name }?.value
    }

    /// `{"rows": 9769, "accuracy": 0.85, …}`; an undefined metric is `null`.
    package var json: JSONValue {
        .object(
            [.init(name: "rows", value: .integer(rowCount))]
                + metrics.map { metric in
                    .init(name: metric.name, value: metric.value.map { .number($0) } ?? .null)
                })
    }
}

extension Evaluation {
    private static func binary(
        _ actual: [Int], _ probabilities: [Double], _ confusion: Confusion
    ) -> [Metric] {
        let scores = actual.indices.map { probabilities[2 * $0 + 1] }
        let ranking = Ranking(scores: scores, isPositive: actual.map { $0 == 1 })
        var squares = 0.0
        for (row, label) in actual.enumerated() {
            let difference = Double(label) - scores[row]
            squares += difference * difference
        }
        return [
            Metric("accuracy", confusion.accuracy), Metric("precision", confusion.precision(1)),
            Metric("recall", confusion.recall(1)), Metric("f1", confusion.f1(1)),
            Metric("roc_auc", ranking.rocAUC), Metric("pr_auc", ranking.averagePrecision),
            Metric("log_loss", logLoss(actual, probabilities, labelCount: 2)),
            Metric("brier", squares / Double(actual.count)),
        ]
    }

    /// Averages over labels are macro averages: of the labels that occur among answers or
    /// predictions for precision, recall and F1, of all labels against the rest for the AUC. The
    /// Brier score sums over labels.
    private static func multiclass(
        _ actual: [Int], _ probabilities: [Double], _ confusion: Confusion
    ) -> [Metric] {
        let labelCount = confusion.labelCount
        let present = (0..<labelCount).filter(confusion.occurs)
        func mean(_ metric: (Int) -> Double) -> Double {
            present.reduce(0) { $0 + metric($1) } / Double(present.count)
        }
        var squares = 0.0
        for (row, label) in actual.enumerated() {
            for other in 0..<labelCount {
                let difference =
                    (other == label ? 1 : 0) - probabilities[row * labelCount + other]
                squares += difference * difference
            }
        }
        var areaSum: Double? = 0
        for label in 0..<labelCount {
            let ranking = Ranking(
                scores: actual.indices.map { probabilities[$0 * labelCount + label] },
                isPositive: actual.map { $0 == label })
            if let sum = areaSum, let area = ranking.rocAUC {
                areaSum = sum + area
            } else {
                areaSum = nil
            }
        }
        return [
            Metric("accuracy", confusion.accuracy),
            Metric("precision_macro", mean(confusion.precision)),
            Metric("recall_macro", mean(confusion.recall)), Metric("f1_macro", mean(confusion.f1)),
            Metric("roc_auc_ovr", areaSum.map { $0 / Double(labelCount) }),
            Metric("log_loss", logLoss(actual, probabilities, labelCount: labelCount)),
            Metric("brier", squares / Double(actual.count)),
        ]
    }

    /// Without answers: for clusters the mean squared distance to the nearest centre, for a number
    /// the mean and the extremes of what is predicted.
    private static func unsupervised(_ margins: [Double], _ output: Output) -> [Metric] {
        let count = Double(margins.count / output.marginCount)
        if case .clusters(let clusterCount) = output.task {
            var sum = 0.0
            for first in stride(from: 0, to: margins.count, by: clusterCount) {
                let nearest = margins[first..<(first + clusterCount)].max() ?? 0
                sum -= nearest
            }
            return [
                Metric("inertia", sum),
                Metric("mean_squared_distance", count > 0 ? sum / count : nil),
            ]
        }
        var predicted: [Double] = []
        let span = margins.span
        for row in margins.indices { output.appendOutputs(span, at: row, to: &predicted) }
        let mean = predicted.reduce(0, +) / count
        return [
            Metric("prediction_mean", count > 0 ? mean : nil),
            Metric("prediction_min", predicted.min()), Metric("prediction_max", predicted.max()),
        ]
    }

    private static func regression(_ predicted: [Double], _ actual: [Double]) -> [Metric] {
        let count = Double(actual.count)
        let mean = actual.reduce(0, +) / count
        var (squares, absolutes, total) = (0.0, 0.0, 0.0)
        for (row, value) in actual.enumerated() {
            let residual = value - predicted[row]
            squares += residual * residual
            absolutes += abs(residual)
            total += (value - mean) * (value - mean)
        }
        // Without variance a perfect prediction scores 1 and any other 0.
        let explained = total > 0 ? 1 - squares / total : (squares == 0 ? 1 : 0)
        return [
            Metric("rmse", (squares / count).squareRoot()), Metric("mae", absolutes / count),
            Metric("r2", actual.count < 2 ? nil : explained),
        ]
    }
}
