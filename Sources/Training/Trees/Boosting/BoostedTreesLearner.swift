// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Models

/// Learns gradient-boosted trees: histograms, leaf by leaf, native categories and missing values.
///
/// J. H. Friedman, "Greedy function approximation: a gradient boosting machine" (2001), with
/// LightGBM's choices (G. Ke et al., 2017) where there are any.
package struct BoostedTreesLearner: Learner, Equatable {
    package let settings: BoostingSettings

    package init(_ settings: BoostingSettings) {
        self.settings = settings
    }

    package var record: [JSONValue.Member] { settings.record }

    package func learn(
        _ data: Dataset, output: Output, progress: LearningProgress
    ) throws(TrainingError) -> Learnt {
        let objective = try objective(data.target, output)
        var settings = settings.resolved(rowCount: data.count)
        try BinnedMatrix.requireRowNumbers(data.count)
        let matrix = BinnedMatrix(
            data.schema, rows: data.rows,
            rules: BinningRules(maxBin: settings.maxBin, minDataInBin: settings.minDataInBin),
            seed: settings.seed, workers: .current)
        var run = try BoostingRun(settings, data, matrix, objective)
        var result = try run.boost(progress: progress)
        if settings.earlyStopping?.refits == true {
            let loss = result.validationLoss
            settings.earlyStopping = nil
            settings.numIterations = max(1, result.iterationCount)
            run = try BoostingRun(settings, data, matrix, objective)
            result = try run.boost(progress: progress)
            result.validationLoss = loss
        }
        guard
            let aggregation = TreeAggregation(precision: .float64, start: run.start),
            let model = TreesModel(
                featureCount: data.schema.count, trees: result.trees, aggregation: aggregation),
            let output = output.with(link: objective.link ?? output.link)
        else { throw .diverged }
        return Learnt(
            kind: .trees(model), output: output, objective: result.trainingLoss,
            iterationCount: result.iterationCount, record: result.record(data.schema))
    }

    private func objective(
        _ target: Target, _ output: Output
    ) throws(TrainingError) -> BoostingObjective {
        switch (target, output.task) {
        case (.labels, .binary): return .logistic
        case (.labels, .multiclass):
            guard !settings.isForTwoClasses else {
                throw .unsuitable(
                    "--objective binary is for two classes; there are \(output.labels.count)")
            }
            return .softmax(output.marginCount)
        case (.values(let values), .regression):
            switch settings.objective {
            case .squared: return .squared
            case .absolute: return .absolute
            case .quantile(let alpha): return .quantile(alpha)
            case .poisson:
                guard values.allSatisfy({ $0 >= 0 }), values.contains(where: { $0 > 0 }) else {
                    throw .unsuitable("the Poisson objective needs answers that are not negative")
                }
                return .poisson(maxDeltaStep: settings.poissonMaxDeltaStep)
            }
        default: throw .inconsistent("the target does not fit the output")
        }
    }
}
