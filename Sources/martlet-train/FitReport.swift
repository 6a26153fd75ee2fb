// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Registry
import Training

/// What `fit` tells of a training run: a text for people, one object for programs.
struct FitReport {
    private let fit: Fit
    private let published: PublishedVersion
    private let place: RegistryOptions

    init(_ fit: Fit, _ published: PublishedVersion, _ place: RegistryOptions) {
        self.fit = fit
        self.published = published
        self.place = place
    }

    var json: JSONValue {
        [
            "model": .string(place.name),
            "version": .integer(published.version),
            "digest": .string(published.digest.description),
            "is_new": .boolean(published.isNew),
            "alias": place.alias.map { .string($0) } ?? .null,
            "registry": .string(place.registry),
            "kind": .string(fit.selection.family),
            "metrics": fit.trained.metrics,
            "cross_validation": folds.isEmpty ? .null : Fit.json(folds),
            "search": fit.selection.search.map(\.json) ?? .null,
            "objective": .number(fit.trained.objective),
            "iterations": .integer(fit.trained.iterationCount),
            "learning": fit.learningCost.json,
            "columns": fit.columns,
            "seconds": .number(fit.seconds),
        ]
    }

    var text: String {
        let sources = fit.sources.map {
            "\($0.name): \($0.rowCount) rows, \($0.columnCount) columns\n"
        }.joined()
        let count = fit.trained.iterationCount
        return sources + "\n" + columns + "\n"
            + (fit.selection.search.map { Self.text($0) } ?? "")
            + "\(fit.selection.family), \(answer)\n"
            + "solved in \(count) \(count == 1 ? "iteration" : "iterations"), objective "
            + "\(fit.trained.objective), \(Self.rounded(fit.seconds, places: 2)) s\n\n"
            + metrics + "\n" + outcome
    }

    /// The version, and what to do with it.
    private var outcome: String {
        let version = "\(place.name) version \(published.version)"
        let fate = published.isNew ? "registered" : "was registered before, byte for byte"
        let alias = place.alias.map { ", now '\($0)'" } ?? ""
        let file = Self.quoted(place.registry)
        let next =
            place.alias == nil
            ? "martlet models promote \(place.name) \(published.version) --registry \(file)"
            : "martlet serve --registry \(file)"
        return "\(version) \(fate)\(alias)\n\(published.digest)\nnext: \(next)\n"
    }

    /// As a shell takes it for one word.
    private static func quoted(_ word: String) -> String {
        let isPlain = word.allSatisfy { $0.isLetter || $0.isNumber || "/._-+=:@".contains($0) }
        return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }

    private var answer: String {
        switch fit.selection.data.output.task {
        case .regression: "a number"
        case .binary(let labels): "'\(labels[1])' (positive) or '\(labels[0])'"
        case .multiclass(let labels): "\(labels.count) classes"
        case .clusters(let count): "\(count) clusters"
        }
    }

    private var columns: String {
        var table = TextTable(
            alignments: [.left, .left, .right, .left],
            rows: [["column", "read as", "missing", "values"]])
        let features = Set(fit.selection.data.schema.features.map(\.name))
        for profile in fit.selection.data.profiles {
            let role = features.contains(profile.name) ? "" : " (left out)"
            table.rows.append([
                profile.name, profile.role.rawValue + role, "\(profile.missingCount)", profile.note,
            ])
        }
        return table.text
    }

    private var metrics: String {
        let (train, test) = (fit.trained.train, fit.trained.test)
        var table = TextTable(
            alignments: [.left, .right, .right, .left],
            rows: [["metric", "train", "test", "95 % interval of the test"]])
        table.rows.append(["rows", "\(train.rowCount)", "\(test.rowCount)", ""])
        for metric in train.metrics {
            let interval = fit.trained.intervals.first { $0.name == metric.name }
            table.rows.append([
                metric.name, Self.text(metric.value), Self.text(test[metric.name]),
                interval.map { "\(Self.text($0.low)) to \(Self.text($0.high))" } ?? "",
            ])
        }
        return table.text + validation + importances
    }

    private var folds: [CrossValidation.Score] { fit.selection.folds }

    private var validation: String {
        guard !folds.isEmpty else { return "" }
        var table = TextTable(
            alignments: [.left, .right, .right], rows: [["cross-validated", "mean", "±"]])
        for score in folds {
            table.rows.append([score.name, Self.text(score.mean), Self.text(score.deviation)])
        }
        return "\n" + table.text
    }

    /// The features whose shuffling costs most, first.
    private var importances: String {
        let all = fit.trained.importances
        guard !all.isEmpty else { return "" }
        var table = TextTable(
            alignments: [.left, .right, .right], rows: [["shuffled", "metric falls by", "±"]])
        for importance in all.sorted(by: { $0.mean > $1.mean }) {
            table.rows.append([
                importance.feature, Self.text(importance.mean), Self.text(importance.deviation),
            ])
        }
        return "\n" + table.text
    }

    static func text(_ value: Double?) -> String {
        guard let value else { return "–" }
        return rounded(value, places: value.magnitude >= 1000 ? 1 : 4)
    }

    static func rounded(_ value: Double, places: Int) -> String {
        guard value.magnitude < 1e12 else { return "\(value)" }
        let scale = places == 1 ? 10.0 : places == 2 ? 100 : 10_000
        let units = Int((value.magnitude * scale).rounded())
        let fraction = String(units % Int(scale))
        let padding = String(repeating: "0", count: places - fraction.count)
        let sign = value < 0 && units > 0 ? "-" : ""
        return "\(sign)\(units / Int(scale)).\(padding)\(fraction)"
    }
}
