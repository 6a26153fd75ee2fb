// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Training

/// What a report tells of a model's worth.
extension FitReport {
    /// A column of intervals where there are some; rows without answers have none.
    var metrics: String {
        let (train, test) = (fit.trained.train, fit.trained.test)
        let intervals = fit.trained.intervals
        var rows = [
            ["metric", "train", "test", "95 % interval of the test"],
            ["rows", "\(train.rowCount)", "\(test.rowCount)", ""],
        ]
        for metric in train.metrics {
            let interval = intervals.first { $0.name == metric.name }
            rows.append([
                metric.name, Self.text(metric.value), Self.text(test[metric.name]),
                interval.map { "\(Self.text($0.low)) to \(Self.text($0.high))" } ?? "",
            ])
        }
        let columnCount = intervals.isEmpty ? 3 : 4
        let table = TextTable(
            alignments: Array([.left, .right, .right, .left].prefix(columnCount)),
            rows: rows.map { Array($0.prefix(columnCount)) })
        return table.text + mistakes + validation + importances
    }

    var folds: [CrossValidation.Score] { fit.selection.folds }

    private var validation: String {
        guard !folds.isEmpty else { return "" }
        var table = TextTable(
            alignments: [.left, .right, .right], rows: [["cross-validated", "mean", "±"]])
        for score in folds {
            table.rows.append([score.name, Self.text(score.mean), Self.text(score.deviation)])
        }
        return "\n" + table.text
    }
}

/// Which features the model needs.
extension FitReport {
    private var importanceMetric: String {
        PermutationImportance.metricName(fit.trained.model.output)
    }

    /// The features whose shuffling costs most, first.
    private var rankedImportances: [PermutationImportance] {
        fit.trained.importances.sorted { $0.mean > $1.mean }
    }

    private var importances: String {
        guard !fit.trained.importances.isEmpty else { return "" }
        var table = TextTable(
            alignments: [.left, .right, .right],
            rows: [["shuffled", "\(importanceMetric) on the test rows falls by", "±"]])
        for importance in rankedImportances {
            table.rows.append([
                importance.feature, Self.text(importance.mean), Self.text(importance.deviation),
            ])
        }
        return "\n" + table.text
    }

    /// `{"metric": "roc_auc", "rows": "test", "features": [{"feature", "mean", "deviation"}, …]}`.
    var importancesJSON: JSONValue {
        guard !fit.trained.importances.isEmpty else { return .null }
        return [
            "metric": .string(importanceMetric), "rows": "test",
            "features": .array(rankedImportances.map(\.json)),
        ]
    }
}

/// What mistakes cost.
extension FitReport {
    private func setting(_ name: String) -> JSONValue? {
        fit.settings.first { $0.name == name }?.value
    }

    /// On the test rows; `nil` unless costs were given.
    private var mistakeCosts: MistakeCosts? {
        guard let falsePositive = setting("cost_false_positive")?.number,
            let falseNegative = setting("cost_false_negative")?.number
        else { return nil }
        let (model, test) = (fit.trained.model, fit.selection.data.test)
        var margins: [Double] = []
        model.appendMargins(of: test.rows.span, texts: test.texts, to: &margins)
        return MistakeCosts(
            .init(falsePositive: falsePositive, falseNegative: falseNegative), margins: margins,
            output: model.output, target: test.target)
    }

    private var mistakes: String {
        guard let mistakeCosts else { return "" }
        let (negative, positive) = (
            fit.trained.model.output.labels[0], fit.trained.model.output.labels[1]
        )
        let confusion = mistakeCosts.confusion
        let table = TextTable(
            alignments: [.left, .right, .right],
            rows: [
                ["test rows", "called '\(positive)'", "called '\(negative)'"],
                [
                    "that are '\(positive)'", "\(confusion.truePositives)",
                    "\(confusion.falseNegatives)",
                ],
                [
                    "that are '\(negative)'", "\(confusion.falsePositives)",
                    "\(confusion.trueNegatives)",
                ],
            ])
        return "\ncalled '\(positive)' above \(Self.text(mistakeCosts.costs.threshold)); "
            + "cost per test row \(Self.text(mistakeCosts.costPerRow)) "
            + "(\(Self.text(mistakeCosts.costPerRowAtHalf)) at 0.5)\n" + table.text
    }

    var costsJSON: JSONValue { mistakeCosts?.json ?? .null }
}

/// How margins were made probabilities that come true.
extension FitReport {
    private var calibration: (method: String, rowCount: Int)? {
        guard let method = setting("calibration")?.string,
            let rowCount = fit.trained.model.training["calibration_rows"]?.integer
        else { return nil }
        return (method, rowCount)
    }

    /// A line of its own.
    var calibrationText: String {
        guard let (method, rowCount) = calibration else { return "" }
        let curve =
            switch fit.trained.model.output.link {
            case .logistic(let slope, let intercept):
                "slope \(Self.significant(slope)), intercept \(Self.significant(intercept))"
            case .isotonic(let curve): "\(curve.margins.count) points"
            default: "no curve"
            }
        return "calibrated by \(method) on \(rowCount) of the training rows, "
            + "which the model did not learn from: \(curve)\n"
    }

    var calibrationJSON: JSONValue {
        guard let (method, rowCount) = calibration else { return .null }
        var members: [JSONValue.Member] = [
            .init(name: "method", value: .string(method)),
            .init(name: "rows", value: .integer(rowCount)),
        ]
        switch fit.trained.model.output.link {
        case .logistic(let slope, let intercept):
            members.append(.init(name: "slope", value: .number(slope)))
            members.append(.init(name: "intercept", value: .number(intercept)))
        case .isotonic(let curve):
            members.append(.init(name: "points", value: .integer(curve.margins.count)))
        default: break
        }
        return .object(members)
    }
}
