// SPDX-License-Identifier: Apache-2.0
import Dispatch
import JSON
import Models
import Training

/// One training run: what went in, what came out.
struct Fit {
    struct Source {
        let role: String
        let name: String
        let rowCount: Int
        let columnCount: Int
    }

    let family: FitCommand.Family
    let sources: [Source]
    let data: Preparation
    let trained: TrainedModel
    let seconds: Double

    /// Reads, prepares, trains and evaluates as the command line says.
    init(_ command: FitCommand) throws(TrainingError) {
        let start = DispatchTime.now().uptimeNanoseconds
        let options = command.data
        Console.progress("reading \(options.data)")
        let table = try Table(SourceFile(path: options.data), dialect: options.dialect)
        var testTable: Table?
        if let test = options.test {
            Console.progress("reading \(test)")
            testTable = try Table(SourceFile(path: test), dialect: options.dialect)
        }
        let settings = options.settings(task: command.model.task, seed: command.seed)
        data = try Preparation(table, testTable: testTable, settings: settings)
        trained = try TrainedModel(
            data, learner: command.learner, settings: command.record(settings)
        ) { iteration, objective in
            Console.progress("iteration \(iteration), objective \(objective)")
        }
        family = command.model
        sources = [("train", table), ("test", testTable)].compactMap { role, table in
            table.map {
                Source(
                    role: role, name: $0.file, rowCount: $0.rowCount,
                    columnCount: $0.columnNames.count)
            }
        }
        seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    }
}

extension FitCommand {
    fileprivate var learner: LinearLearner {
        LinearLearner(model == .logistic ? .inverse(inversePenalty) : .alpha(alpha))
    }

    /// The hyper-parameters, for the artifact and for lineage.
    fileprivate func record(_ settings: PreparationSettings) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = [
            .init(name: "program", value: .string("martlet-train \(MartletVersion.current)")),
            .init(name: "model", value: .string(model.rawValue)),
            .init(name: "target", value: .string(settings.target)),
            model == .logistic
                ? .init(name: "C", value: .number(inversePenalty))
                : .init(name: "alpha", value: .number(alpha)),
            .init(name: "min_category_count", value: .integer(settings.categoryCountMin)),
            .init(name: "seed", value: .string(String(settings.seed))),
        ]
        if data.test == nil {
            members.append(.init(name: "holdout", value: .number(settings.holdout)))
        }
        return members
    }
}

extension Fit {
    var json: JSONValue {
        [
            "kind": .string(family.rawValue),
            "data": .array(
                sources.map {
                    [
                        "role": .string($0.role), "file": .string($0.name),
                        "rows": .integer($0.rowCount),
                    ]
                }),
            "columns": .array(
                data.profiles.map {
                    [
                        "name": .string($0.name), "role": .string($0.role.rawValue),
                        "missing": .integer($0.missingCount), "note": .string($0.note),
                    ]
                }),
            "objective": .number(trained.objective),
            "iterations": .integer(trained.iterationCount),
            "metrics": trained.metrics,
            "seconds": .number(seconds),
        ]
    }
}
