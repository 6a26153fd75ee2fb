// SPDX-License-Identifier: Apache-2.0
import Models
import Testing

@testable import Training

struct ForestTests {
    @Test(arguments: [ForestSettings.Variant.randomForest, .extraTrees], [2, 4])
    func givesTheSameForAnyNumberOfThreads(
        _ variant: ForestSettings.Variant, _ classCount: Int
    ) throws {
        let (data, output) = try TreesExample.classes(1500, classCount: classCount)
        let models = try [1, 2, 5].map { threads in
            var settings = ForestSettings(variant)
            settings.nEstimators = 10
            let learner = ForestLearner(settings)
            return try Workers.using(threads) {
                try learner.learn(data, output: output)
            }
        }
        for other in models.dropFirst() { #expect(other.kind == models[0].kind) }
        #expect(models[0].output.link == .identity)
        let margins = TreesExample.margins(models[0], data.rows)
        let evaluation = Evaluation(
            margins: margins, output: models[0].output, target: data.target)
        #expect(try #require(evaluation["accuracy"]) > (classCount == 2 ? 0.85 : 0.6))
        for row in 0..<20 where classCount > 2 {
            let sum = margins[row * classCount..<(row + 1) * classCount].reduce(0, +)
            #expect(abs(sum - 1) < 1e-9)
        }
    }

    @Test(arguments: [ForestSettings.Variant.randomForest, .extraTrees])
    func predictsNumbers(_ variant: ForestSettings.Variant) throws {
        let data = try TreesExample.regression(3000)
        let test = try TreesExample.regression(1000, seed: 9)
        var settings = ForestSettings(variant)
        settings.nEstimators = 30
        let learnt = try ForestLearner(settings).learn(data, output: .regression)
        let evaluation = Evaluation(
            margins: TreesExample.margins(learnt, test.rows), output: learnt.output,
            target: test.target)
        #expect(try #require(evaluation["r2"]) > 0.75)
    }

    /// Without limits a tree on all rows knows each of them.
    @Test func growsToTheLastRow() throws {
        let data = try TreesExample.regression(200)
        var settings = ForestSettings(.extraTrees)
        settings.nEstimators = 1
        settings.minSamplesLeaf = 1
        settings.minDataInBin = 1
        let learnt = try ForestLearner(settings).learn(data, output: .regression)
        #expect(learnt.objective < 0.01)
    }

    @Test func balancesClasses() throws {
        let (data, output) = try TreesExample.classes(1500, classCount: 2)
        var settings = ForestSettings(.randomForest)
        settings.nEstimators = 10
        settings.maxDepth = 1
        settings.classWeight = .balanced
        let balanced = try ForestLearner(settings).learn(data, output: output)
        let margins = TreesExample.margins(balanced, data.rows)
        #expect(abs(margins.reduce(0, +) / Double(margins.count) - 0.5) < 0.15)
    }

    @Test func tellsOutliersByShortPaths() throws {
        let data = try TreesExample.regression(2000)
        let rows = Dataset(
            schema: data.schema, rows: data.rows, target: .unlabelled(data.count))
        var scores: [[Double]] = []
        for threads in [1, 3] {
            let learnt = try Workers.using(threads) {
                try IsolationForestLearner().learn(rows, output: .regression)
            }
            let asked = [0, 0.5, 3, 40, 30, 3]
            let margins = TreesExample.margins(learnt, asked)
            var outputs: [Double] = []
            for row in 0..<2 { learnt.output.appendOutputs(margins.span, at: row, to: &outputs) }
            scores.append(outputs)
        }
        #expect(scores[0] == scores[1])
        #expect(scores[0][0] < 0.5)
        #expect(scores[0][1] > scores[0][0] + 0.1)
    }

    /// scikit-learn's `_average_path_length`.
    @Test(arguments: [(1, 0.0), (2, 1), (5, 2.327_020_052_042_847), (256, 10.244_770_920_119_917)])
    func knowsTheMeanPath(_ count: Int, _ length: Double) {
        #expect(abs(IsolationTreeGrower.meanPathLength(count) - length) < 1e-12)
    }
}
