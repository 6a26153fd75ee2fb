// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Models

/// Learns random forests and extremely randomised trees; a prediction is the mean of the trees'.
package struct ForestLearner: Learner, Equatable {
    package let settings: ForestSettings
    /// Grown between two calls to whoever watches.
    private static let treesPerThread = 4

    package init(_ settings: ForestSettings) {
        self.settings = settings
    }

    package var record: [JSONValue.Member] { settings.record }

    package func learn(
        _ data: Dataset, output: Output, progress: LearningProgress
    ) throws(TrainingError) -> Learnt {
        let answers = try ForestAnswers(data.target, output, classWeight: settings.classWeight)
        let workers = Workers.current
        try BinnedMatrix.requireRowNumbers(data.count)
        let matrix = BinnedMatrix(
            data.schema, rows: data.rows,
            rules: BinningRules(maxBin: settings.maxBin, minDataInBin: settings.minDataInBin),
            seed: settings.seed, workers: workers)
        let featureCount = settings.maxFeatures.count(
            of: data.schema.count,
            isAll: output.task == .regression || settings.variant == .extraTrees)
        var grown = [(tree: DecisionTree, importance: FeatureImportance)?](
            repeating: nil, count: settings.nEstimators)
        let batch = Self.treesPerThread * workers.count
        for first in stride(from: 0, to: settings.nEstimators, by: batch) {
            let count = min(batch, settings.nEstimators - first)
            grown.withUnsafeMutableBufferPointer { grown in
                workers.perform(count) { index in
                    var grower = ForestTreeGrower(
                        matrix, settings, answers, featureCount: featureCount, tree: first + index)
                    guard let tree = grower.grow() else { return }
                    let importance = FeatureImportance(
                        gains: grower.gains, splitCounts: grower.splitCounts)
                    grown[first + index] = (tree, importance)
                }
            }
            try progress(first + count, nil)
        }
        let results = grown.compactMap(\.self)
        let start = [Double](repeating: 0, count: answers.width)
        guard results.count == settings.nEstimators,
            let aggregation = TreeAggregation(
                precision: .float64, start: start, divisor: Double(results.count)),
            let model = TreesModel(
                featureCount: data.schema.count, trees: results.map(\.tree),
                aggregation: aggregation),
            let output = output.with(link: .identity)
        else { throw .unsuitable("a leaf's value is not finite; smaller answers help") }
        let importance = results.dropFirst().reduce(results[0].importance) { $0 + $1.importance }
        var margins: [Double] = []
        model.appendMargins(of: data.rows.span, to: &margins)
        let loss = Self.meanSquare(margins, data.target, width: answers.width)
        try progress(settings.nEstimators, loss)
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
