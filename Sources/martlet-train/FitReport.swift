// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Registry
import Training

/// What `fit` tells of a training run: a text for people, one object for programs.
struct FitReport {
    let fit: Fit
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
            "calibration": calibrationJSON,
            "costs": costsJSON,
            "permutation_importance": importancesJSON,
            "objective": .number(fit.trained.objective),
            "objective_meaning": .string(objectiveMeaning),
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
        return sources + "\n" + columns + "\n"
            + (fit.selection.search.map { Self.text($0) } ?? "")
            + "\(fit.selection.family), \(answer)\n"
            + course + calibrationText + "\n"
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
}
