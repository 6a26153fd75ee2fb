// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Models

/// What a model's mistakes on two classes cost on rows with answers, at the threshold that the
/// costs ask for and at a half.
package struct MistakeCosts: Equatable, Sendable {
    /// How many rows of each class were called what.
    package struct Confusion: Equatable, Sendable {
        package var truePositives = 0
        package var falsePositives = 0
        package var trueNegatives = 0
        package var falseNegatives = 0

        package var json: JSONValue {
            [
                "true_positives": .integer(truePositives),
                "false_positives": .integer(falsePositives),
                "true_negatives": .integer(trueNegatives),
                "false_negatives": .integer(falseNegatives),
            ]
        }
    }

    package let costs: EvaluationSettings.Costs
    package let confusion: Confusion
    package let costPerRow: Double
    package let costPerRowAtHalf: Double

    /// - Parameter output: whose threshold is not used.
    /// - Returns: `nil` unless there are two classes, and rows of them.
    package init?(
        _ costs: EvaluationSettings.Costs, margins: [Double], output: Output, target: Target
    ) {
        guard case .binary = output.task, case .labels(let labels) = target, !labels.isEmpty
        else { return nil }
        func confusion(threshold: Double) -> Confusion? {
            guard
                let output = Output(
                    output.task, link: output.link, threshold: threshold, divisor: output.divisor)
            else { return nil }
            let span = margins.span
            var confusion = Confusion()
            for (row, label) in labels.enumerated() {
                switch (label, output.predictedIndex(span, at: row)) {
                case (1, 1): confusion.truePositives += 1
                case (1, _): confusion.falseNegatives += 1
                case (_, 1): confusion.falsePositives += 1
                default: confusion.trueNegatives += 1
                }
            }
            return confusion
        }
        func mean(_ confusion: Confusion) -> Double {
            let sum =
                Double(confusion.falsePositives) * costs.falsePositive
                + Double(confusion.falseNegatives) * costs.falseNegative
            return sum / Double(labels.count)
        }
        guard let chosen = confusion(threshold: costs.threshold),
            let half = confusion(threshold: 0.5)
        else { return nil }
        self.costs = costs
        self.confusion = chosen
        costPerRow = mean(chosen)
        costPerRowAtHalf = mean(half)
    }

    package var json: JSONValue {
        [
            "false_positive": .number(costs.falsePositive),
            "false_negative": .number(costs.falseNegative),
            "threshold": .number(costs.threshold),
            "test": confusion.json,
            "cost_per_row": .number(costPerRow),
            "cost_per_row_at_half": .number(costPerRowAtHalf),
        ]
    }
}
