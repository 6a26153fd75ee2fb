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
        let rows = ScoredRows(margins: margins, output: output, target: target)
        metrics = rows?.metrics ?? Self.unsupervised(margins, output)
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
}
