// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Models

/// How much worse a model predicts when a feature's values are shuffled among rows.
///
/// L. Breiman, "Random forests" (2001), section 10, on rows that were not learnt from. What falls
/// is a metric that is better when larger: the ROC AUC for two labels, accuracy for more, R² for
/// numbers.
package struct PermutationImportance: Equatable, Sendable {
    package static let repeatCountMin = 5

    package let feature: String
    /// The metric without the shuffle less the mean of the metric with it.
    package let mean: Double
    /// Population standard deviation over the repeats.
    package let deviation: Double

    package var json: JSONValue {
        ["feature": .string(feature), "mean": .number(mean), "deviation": .number(deviation)]
    }

    package static func metricName(_ output: Output) -> String {
        switch output.task {
        case .regression, .clusters: "r2"
        case .binary: "roc_auc"
        case .multiclass: "accuracy"
        }
    }

    /// In the features' order; none where the metric is not defined on the rows.
    static func all(
        _ kind: ModelKind, _ data: Dataset, _ output: Output, repeatCount: Int, seed: UInt64
    ) -> [PermutationImportance] {
        let name = metricName(output)
        func metric(_ rows: [Double]) -> Double? {
            var margins: [Double] = []
            kind.appendMargins(of: rows.span, texts: data.texts, to: &margins)
            return Evaluation(margins: margins, output: output, target: data.target)[name]
        }
        guard let whole = metric(data.rows) else { return [] }
        let width = data.schema.count
        let repeatCount = max(repeatCount, repeatCountMin)
        return data.schema.features.enumerated().map { index, feature in
            let drops = (0..<repeatCount).map { turn in
                // A stream for each feature and turn: leaving one out changes no other.
                let stream = SplitMix64.value(seed: seed, index: index * repeatCount + turn)
                var generator = SplitMix64(seed: stream)
                var rows = data.rows
                generator.shuffle(count: data.count) { one, other in
                    rows.swapAt(one * width + index, other * width + index)
                }
                return whole - (metric(rows) ?? whole)
            }
            let mean = drops.reduce(0, +) / Double(repeatCount)
            let variance = drops.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(repeatCount)
            return PermutationImportance(
                feature: feature.name, mean: mean, deviation: variance.squareRoot())
        }
    }
}
