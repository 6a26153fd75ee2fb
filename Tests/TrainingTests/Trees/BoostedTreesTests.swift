// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Testing

@testable import Training

struct BoostedTreesTests {
    private static func settings(
        _ iterations: Int = 20, _ change: (inout BoostingSettings) -> Void = { _ in }
    ) -> BoostingSettings {
        var settings = BoostingSettings()
        settings.numIterations = iterations
        change(&settings)
        return settings
    }

    private static func learn(
        _ data: Dataset, _ output: Output, _ settings: BoostingSettings
    ) throws -> Learnt {
        try BoostedTreesLearner(settings).learn(data, output: output)
    }

    /// Trees are grown on bins and answer by values: both must lead to the same leaves, for
    /// thresholds, categories and missing values alike.
    @Test(arguments: [1.0, 0.6])
    func answersByValuesAsItLearntByBins(baggingFraction: Double) throws {
        let data = try TreesExample.regression(3000)
        let learnt = try Self.learn(
            data, .regression,
            Self.settings {
                $0.baggingFraction = baggingFraction
                $0.baggingFreq = 2
            })
        let answers = try data.target.numbers
        let margins = TreesExample.margins(learnt, data.rows)
        let loss =
            zip(margins, answers).map { ($0 - $1) * ($0 - $1) }.reduce(0, +) / Double(data.count)
        #expect(abs(loss - learnt.objective) < 1e-9 * loss)
        // The noise's variance is a third; nothing can do much better.
        #expect(loss < 0.4)
    }

    @Test(arguments: [2, 4])
    func givesTheSameBytesForAnyNumberOfThreads(classCount: Int) throws {
        let (data, output) = try TreesExample.classes(40_000, classCount: classCount)
        var artifacts: [[UInt8]] = []
        for threads in [1, 2, 3, 7] {
            let settings = Self.settings(4) {
                $0.baggingFraction = 0.7
                $0.baggingFreq = 1
                $0.featureFraction = 0.7
                $0.earlyStopping = .init(rounds: 3)
            }
            let learnt = try Workers.using(threads) {
                try Self.learn(data, output, settings)
            }
            let model = try #require(
                Model(
                    schema: data.schema, kind: learnt.kind, output: learnt.output,
                    goldenRecords: [[1, 0.5, "c1"]], training: .object(learnt.record)))
            artifacts.append(model.artifact)
        }
        for other in artifacts.dropFirst() { #expect(other == artifacts[0]) }
    }

    @Test func splitsCategoriesBySets() throws {
        let data = try TreesExample.regression(4000) { row, _ in
            row[2].isNaN ? 5 : [1, 4, 6].contains(Int(row[2])) ? 10 : -10
        }
        let learnt = try Self.learn(
            data, .regression,
            Self.settings(1) {
                $0.learningRate = 1
                $0.growing.numLeaves = 3
                $0.growing.catSmooth = 0
                $0.growing.catL2 = 0
                $0.growing.minDataPerGroup = 1
            })
        let margins = TreesExample.margins(
            learnt, (0..<12).flatMap { [0, 0, Double($0)] } + [0, 0, .nan])
        for (code, margin) in margins.enumerated() {
            let expected = code == 12 ? 5.0 : [1, 4, 6].contains(code) ? 10 : -10
            #expect(abs(margin - expected) < 1e-5, "\(code)")
        }
    }

    @Test(arguments: [(-3.0, 3.0), (3, -3)])
    func sendsMissingValuesWhereTheyBelong(_ missing: Double, _ low: Double) throws {
        // Below a half `low`, above its opposite; missing like one of both.
        let data = try TreesExample.regression(2000) { row, _ in
            row[1].isNaN ? missing : row[1] < 0.5 ? low : -low
        }
        let learnt = try Self.learn(
            data, .regression,
            Self.settings(1) {
                $0.learningRate = 1
                $0.growing.numLeaves = 2
            })
        let margins = TreesExample.margins(
            learnt, [0, 0.1, 0, 0, 0.9, 0, 0, .nan, 0])
        // Half a bin's rows lie on the wrong side of the half.
        for (margin, expected) in zip(margins, [low, -low, missing]) {
            #expect(abs(margin - expected) < 0.05)
        }
    }

    /// One leaf for each half: medians, quantiles and means of known numbers.
    @Test(
        arguments: [
            (.absolute, 2.0, 20.0), (.quantile(alpha: 0.75), 3, 30), (.squared, 22, 220),
        ] as [(BoostingSettings.RegressionObjective, Double, Double)])
    func settlesLeavesByItsObjective(
        _ objective: BoostingSettings.RegressionObjective, _ low: Double, _ high: Double
    ) throws {
        let schema = try #require(FeatureSchema([Feature(name: "x", kind: .number)]))
        let answers = [0.0, 1, 2, 3, 104, 0, 10, 20, 30, 1040]
        let rows = (0..<10).map { $0 < 5 ? 0.0 : 1 }
        let learnt = try Self.learn(
            Dataset(schema: schema, rows: rows, target: .values(answers)), .regression,
            Self.settings(1) {
                $0.objective = objective
                $0.learningRate = 1
                $0.minDataInBin = 1
                $0.growing.minDataInLeaf = 1
                $0.growing.numLeaves = 2
            })
        let margins = TreesExample.margins(learnt, [0, 1])
        #expect(abs(margins[0] - low) < 1e-4)
        #expect(abs(margins[1] - high) < 1e-4)
    }

    @Test func learnsCountsByTheirLogarithm() throws {
        let data = try TreesExample.regression(4000) { row, noise in
            (row[0] > 1 ? 8 : 2) + (noise > 0 ? 1 : -1)
        }
        let learnt = try Self.learn(
            data, .regression, Self.settings(100) { $0.objective = .poisson })
        #expect(learnt.output.link == .exponential)
        var outputs: [Double] = []
        let margins = TreesExample.margins(learnt, [2, 0.5, 0, -2, 0.5, 0])
        for row in 0..<2 { learnt.output.appendOutputs(margins.span, at: row, to: &outputs) }
        #expect(abs(outputs[0] - 8) < 0.7)
        #expect(abs(outputs[1] - 2) < 0.4)
        let negative = try TreesExample.regression(100) { _, noise in noise }
        #expect(throws: TrainingError.self) {
            try Self.learn(negative, .regression, Self.settings { $0.objective = .poisson })
        }
    }

    @Test func keepsMonotoneConstraints() throws {
        let data = try TreesExample.regression(2000) { row, noise in row[0] + 4 * noise }
        func steps(_ constraints: [String: Int8]) throws -> (rises: Bool, falls: Bool) {
            let learnt = try Self.learn(
                data, .regression, Self.settings { $0.monotoneConstraints = constraints })
            let margins = TreesExample.margins(
                learnt, stride(from: -4.0, through: 4, by: 0.0625).flatMap { [$0, 0.3, 2] })
            let pairs = Array(zip(margins, margins.dropFirst()))
            return (pairs.contains { $0 < $1 }, pairs.contains { $0 > $1 })
        }
        #expect(try steps([:]) == (true, true))
        #expect(try steps(["a": 1]) == (true, false))
        #expect(try steps(["a": -1]).rises == false)
        #expect(throws: TrainingError.self) { try steps(["c": 1]) }
        #expect(throws: TrainingError.self) { try steps(["z": 1]) }
    }

    @Test func stopsEarlyAndKeepsTheBest() throws {
        let data = try TreesExample.regression(2000) { row, noise in row[0] + 6 * noise }
        var losses: [Double] = []
        let learnt = try BoostedTreesLearner(
            Self.settings(500) {
                $0.earlyStopping = .init(rounds: 5)
                $0.earlyStopping?.refits = false
            }
        ).learn(data, output: .regression) { losses.append($1 ?? 0) }
        let best = try #require(losses.indices.min { losses[$0] < losses[$1] }) + 1
        #expect(losses.count == best + 5)
        #expect(learnt.iterationCount == best)
        #expect(try TreesExample.trees(learnt).trees.count == best)
        let record = JSONValue.object(learnt.record)
        #expect(record["best_iteration"]?.integer == best)
        #expect(record["validation_loss"]?.number == losses[best - 1])
        let again = try Self.learn(
            data, .regression, Self.settings(500) { $0.earlyStopping = .init(rounds: 5) })
        #expect(again.iterationCount == best)
        let cover = try TreesExample.trees(again).trees[0].splits[0].cover
        #expect(cover == 2000)
    }

    @Test func weighsClasses() throws {
        let (data, output) = try TreesExample.classes(4000, classCount: 2)
        func mean(_ change: (inout BoostingSettings) -> Void) throws -> Double {
            let learnt = try Self.learn(data, output, Self.settings(20, change))
            let margins = TreesExample.margins(learnt, data.rows)
            return margins.reduce(0, +) / Double(margins.count)
        }
        let plain = try mean { _ in }
        #expect(try mean { $0.scalePosWeight = 10 } > plain + 1)
        #expect(try mean { $0.scalePosWeight = 0.1 } < plain - 1)
        #expect(try mean { $0.classWeight = .balanced } != plain)
    }

    @Test func recordsWhatFeaturesSaved() throws {
        let data = try TreesExample.regression(2000) { row, noise in 3 * row[0] + noise / 100 }
        let learnt = try Self.learn(data, .regression, Self.settings(5))
        let importance = try #require(JSONValue.object(learnt.record)["importance"])
        let gain = try #require(importance["a"]?["gain"]?.number)
        #expect(gain > 100 * (importance["b"]?["gain"]?.number ?? .infinity))
        let splits = try ["a", "b", "c"].map { try #require(importance[$0]?["splits"]?.integer) }
        let trees = try TreesExample.trees(learnt).trees
        #expect(splits.reduce(0, +) == trees.reduce(0) { $0 + $1.splits.count })
    }
}
