// SPDX-License-Identifier: Apache-2.0
import JSON
package import Models

/// Learns random forests and extremely randomised trees; a prediction is the mean of the trees'.
package struct ForestLearner: Learner, Equatable {
    package let settings: ForestSettings

    package init(_ settings: ForestSettings) {
        self.settings = settings
    }

    package func learn(
        _ data: Dataset, output: Output, progress: (Int, Double) -> Void
    ) throws(TrainingError) -> Learnt {
        let answers = try ForestAnswers(data.target, output, classWeight: settings.classWeight)
        let workers = Workers(settings.threads)
        let matrix = BinnedMatrix(
            data.schema, rows: data.rows,
            rules: BinningRules(maxBin: settings.maxBin, minDataInBin: settings.minDataInBin),
            seed: settings.seed, workers: workers)
        let featureCount = settings.maxFeatures.count(
            of: data.schema.count,
            isAll: output.task == .regression || settings.variant == .extraTrees)
        var grown = [(tree: DecisionTree, importance: FeatureImportance)?](
            repeating: nil, count: settings.nEstimators)
        grown.withUnsafeMutableBufferPointer { grown in
            workers.perform(settings.nEstimators) { index in
                var grower = ForestTreeGrower(
                    matrix, settings, answers, featureCount: featureCount, tree: index)
                guard let tree = grower.grow() else { return }
                grown[index] = (
                    tree, FeatureImportance(gains: grower.gains, splitCounts: grower.splitCounts)
                )
            }
        }
        let results = grown.compactMap(\.self)
        let start = [Double](repeating: 0, count: answers.width)
        guard results.count == settings.nEstimators,
            let aggregation = TreeAggregation(
                precision: .float64, start: start, divisor: Double(results.count)),
            let model = TreesModel(
                featureCount: data.schema.count, trees: results.map(\.tree),
                aggregation: aggregation),
            let output = Output(output.task, link: .identity)
        else { throw .inconsistent("a leaf's value is not finite") }
        let importance = results.dropFirst().reduce(results[0].importance) { $0 + $1.importance }
        var margins: [Double] = []
        model.appendMargins(of: data.rows.span, to: &margins)
        let loss = Self.meanSquare(margins, data.target, width: answers.width)
        progress(settings.nEstimators, loss)
        return Learnt(
            kind: .trees(model), output: output, objective: loss,
            iterationCount: settings.nEstimators,
            record: [.init(name: "importance", value: importance.json(data.schema))])
    }

    /// The mean squared error; for classes Brier's, of the first two one.
    private static func meanSquare(_ margins: [Double], _ target: Target, width: Int) -> Double {
        var sum = 0.0
        for row in 0..<target.count {
            for index in 0..<width {
                let answer =
                    switch target {
                    case .values(let values): values[row]
                    case .labels(let labels):
                        width == 1 ? Double(labels[row]) : labels[row] == Int32(index) ? 1 : 0
                    case .unlabelled: 0.0
                    }
                let error = margins[row * width + index] - answer
                sum += error * error
            }
        }
        return sum / Double(target.count)
    }
}
