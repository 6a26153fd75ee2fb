// SPDX-License-Identifier: Apache-2.0
import Dispatch
import JSON
import Models
import Registry
import Training

/// One training run: what went in, what came out.
struct Fit {
    struct Source {
        let role: String
        let name: String
        /// Of the file's bytes as they lie there.
        let digest: Digest
        let rowCount: Int
        let columnCount: Int
    }

    let sources: [Source]
    let selection: Selection
    let trained: TrainedModel
    let learningCost = LearningCost()
    let artifact: [UInt8]
    let settings: [JSONValue.Member]
    let startedAt: Timestamp
    let seconds: Double

    /// Reads, prepares, trains and evaluates as the command line says.
    init(_ command: FitCommand) throws(TrainingError) {
        startedAt = .now
        let start = DispatchTime.now().uptimeNanoseconds
        var sources: [Source] = []
        var tables: [Table] = []
        let options = command.data
        for (role, path) in [("train", options.data), ("test", options.test)] {
            guard let path else { continue }
            Console.progress("reading \(path)")
            let file = try SourceFile(path: path)
            let table = try Table(file, dialect: options.dialect)
            tables.append(table)
            sources.append(
                Source(
                    role: role, name: file.name, digest: Digest(of: file.bytes),
                    rowCount: table.rowCount, columnCount: table.columnNames.count))
        }
        selection = try command.selection(tables)
        settings = command.record(selection)
        // Names and paths stay out: the same data elsewhere gives the same artifact.
        let proof = JSONValue.array(
            sources.map {
                [
                    "role": .string($0.role), "digest": .string($0.digest.description),
                    "rows": .integer($0.rowCount),
                ]
            })
        var record: [JSONValue.Member] = [.init(name: "data", value: proof)]
        if !selection.folds.isEmpty {
            record.append(.init(name: "cross_validation", value: Self.json(selection.folds)))
        }
        trained = try TrainedModel(
            selection.data,
            learner: MeasuredLearner(learner: selection.learner, cost: learningCost),
            settings: settings + record,
            evaluation: command.evaluation.settings(seed: command.seed)
        ) { iteration, objective in
            let value = objective.map { ", objective \($0)" } ?? ""
            Console.progress("iteration \(iteration)\(value)")
        }
        artifact = trained.model.artifact
        try Self.prove(artifact)
        self.sources = sources
        seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    }
}

extension Fit {
    /// Reads an artifact back as a server will: one that no server could load is not published.
    private static func prove(_ artifact: [UInt8]) throws(TrainingError) {
        do {
            try Model(artifact: artifact).verifyGoldenRows()
        } catch {
            throw .inconsistent("the artifact cannot be read back: \(error)")
        }
    }
}

extension FitCommand {
    /// The settings, for the artifact and for lineage: of what a search has found as if it had been
    /// asked for. Lists only where something is in them.
    fileprivate func record(_ selection: Selection) -> [JSONValue.Member] {
        let settings = selection.settings
        var members: [JSONValue.Member] = [
            .init(name: "program", value: .string("martlet-train \(MartletVersion.current)")),
            .init(name: "model", value: .string(selection.family)),
            .init(name: "min_category_count", value: .integer(settings.categoryCountMin)),
            .init(name: "seed", value: .string(String(settings.seed))),
        ]
        members.insert(contentsOf: selection.learner.record + evaluation.record, at: 2)
        if let target = settings.target {
            members.insert(.init(name: "target", value: .string(target)), at: 2)
        }
        if data.test == nil {
            members.append(.init(name: "holdout", value: .number(settings.holdout)))
        }
        if let positive = settings.positive {
            members.append(.init(name: "positive", value: .string(positive)))
        }
        let lists = [
            ("number", settings.overrides.numbers), ("category", settings.overrides.categories),
            ("text", settings.overrides.texts), ("ignore", settings.overrides.ignored),
            ("missing", data.missing),
        ]
        for (name, texts) in lists where !texts.isEmpty {
            members.append(.init(name: name, value: .array(texts.map { .string($0) })))
        }
        return members
    }
}

extension Fit {
    /// All that is needed to train the version again, and what it then must give.
    var lineage: JSONValue {
        [
            "program": .string("martlet-train \(MartletVersion.current)"),
            "argv": .array(CommandLine.arguments.map { .string($0) }),
            // What relative paths among the arguments are relative to.
            "directory": Host.directory.map { .string($0) } ?? .null,
            "data": .array(
                sources.map {
                    [
                        "role": .string($0.role), "file": .string($0.name),
                        "digest": .string($0.digest.description), "rows": .integer($0.rowCount),
                        "columns": .integer($0.columnCount),
                    ]
                }),
            "settings": .object(settings),
            "schema": selection.data.schema.json,
            "output": trained.model.output.json,
            "metrics": trained.metrics,
            "cross_validation": selection.folds.isEmpty ? .null : Self.json(selection.folds),
            "search": selection.search.map(\.json) ?? .null,
            "objective": .number(trained.objective),
            "iterations": .integer(trained.iterationCount),
            "environment": Host.environment,
            "started_at": .string(startedAt.description),
            "seconds": .number(seconds),
        ]
    }

    /// `{"roc_auc": {"mean": …, "deviation": …}, …}`.
    static func json(_ scores: [CrossValidation.Score]) -> JSONValue {
        .object(scores.map { .init(name: $0.name, value: $0.json) })
    }

    /// How the columns were read.
    var columns: JSONValue {
        .array(
            selection.data.profiles.map {
                [
                    "name": .string($0.name), "role": .string($0.role.rawValue),
                    "missing": .integer($0.missingCount), "note": .string($0.note),
                ]
            })
    }
}
