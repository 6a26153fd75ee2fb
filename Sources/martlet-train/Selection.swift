// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Training

/// What is to be learnt, and of which data: as the command line says, or as a search has found.
struct Selection {
    /// As `--model` names it.
    let family: String
    let learner: any Learner
    let settings: PreparationSettings
    let data: Preparation
    /// Metrics over folds of the training rows; none unless asked for.
    let folds: [CrossValidation.Score]
    /// How it was found, for `--model auto`.
    let search: Search?

    struct Search {
        let result: ModelSearch.Result
        let metric: SearchMetric
        let foldCount: Int
        let budgetSeconds: Double
        let seconds: Double

        var json: JSONValue {
            [
                "model": "auto", "budget": .number(budgetSeconds),
                "metric": .string(metric.rawValue), "folds": .integer(foldCount),
                "seconds": .number(seconds), "candidates": result.json,
            ]
        }
    }
}

extension FitCommand {
    /// - Parameter tables: of training rows and, where there is one, of test rows.
    func selection(_ tables: [Table]) throws(TrainingError) -> Selection {
        guard let learner else { return try searched(tables) }
        let settings = preparationSettings(readsTexts: model == .text)
        let data = try Self.preparation(tables, settings)
        let validation = evaluation.folds(seed: seed)
        let folds =
            try validation?.scores(
                of: learner, on: data.train, output: data.output, keys: data.keys,
                evaluation: evaluation.settings(seed: seed)
            ) { Console.progress("fold \($0)") } ?? []
        return Selection(
            family: model.rawValue, learner: learner, settings: settings, data: data, folds: folds,
            search: nil)
    }

    private func searched(_ tables: [Table]) throws(TrainingError) -> Selection {
        let settings = preparationSettings(readsTexts: true)
        let whole = try Self.preparation(tables, settings)
        var space = SearchSpace(whole.schema, whole.output, rowCount: whole.train.count)
        space.classWeight = classWeight
        space.calibration = calibration
        space.seed = seed
        let candidates = space.candidates
        let needsTexts = !data.text.isEmpty || !space.hasTable
        guard !needsTexts || candidates.contains(where: \.readsTexts) else {
            throw .unsuitable("no family predicts numbers from texts")
        }
        // Families that read no texts get the same rows without them.
        let tableSettings = preparationSettings(readsTexts: false)
        let table =
            space.hasTexts && space.hasTable ? try Self.preparation(tables, tableSettings) : whole

        let validation =
            evaluation.folds(seed: seed)
            ?? CrossValidation(
                foldCount: CrossValidation.foldCount(comparingOn: whole.train.target), seed: seed)
        let metric = SearchMetric(
            whole.output, isWeighted: classWeight != nil && calibration == nil)
        let clock = ContinuousClock()
        let start = clock.now
        func elapsedSeconds() -> Double { (clock.now - start) / .seconds(1) }
        let modelSearch = ModelSearch(
            validation, metric: metric, evaluation: evaluation.settings(seed: seed),
            budgetSeconds: search.budgetSeconds, elapsedSeconds: elapsedSeconds)
        let result = try modelSearch.run(
            candidates, output: whole.output, keys: whole.keys,
            dataset: { $0.readsTexts ? whole.train : table.train },
            progress: { candidate, fold in
                let family = candidates[candidate - 1].family.rawValue
                Console.progress(
                    "trying \(candidate) of \(candidates.count), \(family), fold \(fold)")
            })
        let isOfTexts = result.best.readsTexts
        return Selection(
            family: result.best.family.rawValue, learner: result.best.learner,
            settings: isOfTexts ? settings : tableSettings, data: isOfTexts ? whole : table,
            folds: evaluation.crossValidation == nil ? [] : result.scores,
            search: .init(
                result: result, metric: metric, foldCount: validation.foldCount,
                budgetSeconds: search.budgetSeconds, seconds: elapsedSeconds()))
    }

    private func preparationSettings(readsTexts: Bool) -> PreparationSettings {
        var settings = data.settings(task: learningTask, seed: seed)
        settings.readsTexts = readsTexts
        settings.foldKey =
            evaluation.group.map { .group(column: $0) }
            ?? evaluation.time.map { .time(column: $0) }
        return settings
    }

    private static func preparation(
        _ tables: [Table], _ settings: PreparationSettings
    ) throws(TrainingError) -> Preparation {
        try Preparation(
            tables[0], testTable: tables.count > 1 ? tables[1] : nil, settings: settings)
    }
}
