// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Training

/// What a person reads after a training run.
struct FitReport {
    private let fit: Fit

    init(_ fit: Fit) {
        self.fit = fit
    }

    var text: String {
        let sources = fit.sources.map {
            "\($0.name): \($0.rowCount) rows, \($0.columnCount) columns\n"
        }.joined()
        let numbers = fit.trained.iterationCount == 1 ? "iteration" : "iterations"
        return sources + "\n" + columns + "\n"
            + "\(fit.family.rawValue), \(answer)\n"
            + "solved in \(fit.trained.iterationCount) \(numbers), objective "
            + "\(fit.trained.objective), \(Self.rounded(fit.seconds, places: 2)) s\n\n" + metrics
    }

    private var answer: String {
        switch fit.data.output {
        case .regression: "a number"
        case .binary(let labels): "'\(labels[1])' (positive) or '\(labels[0])'"
        case .multiclass(let labels): "\(labels.count) classes"
        }
    }

    private var columns: String {
        var table = TextTable(
            alignments: [.left, .left, .right, .left],
            rows: [["column", "read as", "missing", "values"]])
        for profile in fit.data.profiles {
            let role = profile.role.isFeature ? "" : " (left out)"
            table.rows.append([
                profile.name, profile.role.rawValue + role, "\(profile.missingCount)", profile.note,
            ])
        }
        return table.text
    }

    private var metrics: String {
        let (train, test) = (fit.trained.train, fit.trained.test)
        var table = TextTable(
            alignments: [.left, .right, .right], rows: [["metric", "train", "test"]])
        table.rows.append(["rows", "\(train.rowCount)", "\(test.rowCount)"])
        for metric in train.metrics {
            table.rows.append([metric.name, Self.text(metric.value), Self.text(test[metric.name])])
        }
        return table.text
    }

    private static func text(_ value: Double?) -> String {
        guard let value else { return "–" }
        return rounded(value, places: value.magnitude >= 1000 ? 1 : 4)
    }

    private static func rounded(_ value: Double, places: Int) -> String {
        guard value.magnitude < 1e12 else { return "\(value)" }
        let scale = places == 1 ? 10.0 : places == 2 ? 100 : 10_000
        let units = Int((value.magnitude * scale).rounded())
        let fraction = String(units % Int(scale))
        let padding = String(repeating: "0", count: places - fraction.count)
        let sign = value < 0 && units > 0 ? "-" : ""
        return "\(sign)\(units / Int(scale)).\(padding)\(fraction)"
    }
}
