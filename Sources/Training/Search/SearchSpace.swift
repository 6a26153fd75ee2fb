// SPDX-License-Identifier: Apache-2.0
package import Models

/// The small set of candidates for a task: first the linear families and boosted trees, which are
/// cheap or often best, then the others, then boosted trees with hyper-parameters drawn from short
/// lists. The first of each family is as it is by default.
///
/// It follows from the data's shape, the settings and the seed alone. Values come from lists rather
/// than ranges so that a candidate can be repeated by its flags as they are printed.
package struct SearchSpace: Sendable {
    private let isRegression: Bool
    private let rowCount: Int
    package let hasTexts: Bool
    /// Whether there are columns other than texts.
    package let hasTable: Bool
    package var classWeight: ClassWeight?
    package var calibration: Calibration?
    package var seed: UInt64 = 1

    /// - Parameter rowCount: of all rows to learn from.
    package init(_ schema: FeatureSchema, _ output: Output, rowCount: Int) {
        isRegression = output.task == .regression
        self.rowCount = rowCount
        let textCount = schema.features.count { $0.kind == .text }
        hasTexts = textCount > 0
        hasTable = textCount < schema.count
    }

    private static let drawCount = 12
    private static let drawSalt: UInt64 = 0x4155_544F_5345_4544
    /// From so many rows on a part of them tells well when to stop.
    private static let stoppingRows = 10_000

    /// In the order in which they are to be tried.
    package var candidates: [Candidate] {
        let texts = hasTexts && !isRegression ? [10.0, 1, 100].map { logistic(.text, c: $0) } : []
        guard hasTable else { return texts }
        let draws = boostingDraws.map { boostedTrees($0) }
        let deepForests = [ForestSettings.Variant.randomForest, .extraTrees].map {
            forest($0, minSamplesLeaf: 1)
        }
        return texts + (isRegression ? numbers : classes) + draws.prefix(Self.drawCount / 3)
            + deepForests + draws.dropFirst(Self.drawCount / 3)
    }

    private var classes: [Candidate] {
        [
            logistic(.logistic, c: 1),
            candidate(.naiveBayes, NaiveBayesLearner(classWeight: classWeight)),
            boostedTrees(BoostingSettings()), logistic(.logistic, c: 0.1),
            logistic(.logistic, c: 10), forest(.randomForest), forest(.extraTrees), perceptron,
        ]
    }

    private var numbers: [Candidate] {
        [
            linear(alpha: 1), boostedTrees(BoostingSettings()), linear(alpha: 10),
            linear(alpha: 100), forest(.randomForest), forest(.extraTrees), perceptron,
        ]
    }

    private func candidate(_ family: Candidate.Family, _ learner: any Learner) -> Candidate {
        guard let calibration else { return Candidate(family, learner) }
        return Candidate(family, CalibratedLearner(learner, calibration, seed: seed))
    }

    private func logistic(_ family: Candidate.Family, c: Double) -> Candidate {
        candidate(family, LinearLearner(.inverse(c), classWeight: classWeight))
    }

    private func linear(alpha: Double) -> Candidate {
        candidate(.linear, LinearLearner(.alpha(alpha)))
    }

    private var perceptron: Candidate {
        var learner = PerceptronLearner()
        learner.classWeight = classWeight
        learner.seed = seed
        return candidate(.mlp, learner)
    }

    private func forest(
        _ variant: ForestSettings.Variant, minSamplesLeaf: Int? = nil
    ) -> Candidate {
        var settings = ForestSettings(variant)
        settings.minSamplesLeaf = minSamplesLeaf ?? settings.minSamplesLeaf
        settings.classWeight = classWeight
        settings.seed = seed
        return candidate(
            variant == .randomForest ? .randomForest : .extraTrees, ForestLearner(settings))
    }

    private func boostedTrees(_ settings: BoostingSettings) -> Candidate {
        var settings = settings
        settings.classWeight = classWeight
        settings.seed = seed
        return candidate(.boostedTrees, BoostedTreesLearner(settings))
    }

    /// Different from each other.
    private var boostingDraws: [BoostingSettings] {
        var generator = SplitMix64(seed: seed ^ Self.drawSalt)
        func draw<Value>(_ values: [Value]) -> Value {
            values[generator.index(below: values.count)]
        }
        var draws: [BoostingSettings] = []
        while draws.count < Self.drawCount {
            var settings = BoostingSettings()
            settings.learningRate = draw([0.03, 0.05, 0.1])
            settings.growing.numLeaves = draw([7, 15, 31, 63, 127])
            settings.growing.minDataInLeaf = draw([5, 10, 20, 50, 100])
            settings.growing.lambdaL2 = draw([0, 1, 10])
            settings.featureFraction = draw([0.5, 0.7, 0.9, 1])
            settings.baggingFraction = draw([0.8, 1])
            if settings.baggingFraction < 1 { settings.baggingFreq = 1 }
            let iterations = draw([50, 100, 200, 400])
            if rowCount < Self.stoppingRows {
                settings.numIterations = iterations
            } else {
                settings.earlyStopping = .init(rounds: 50)
            }
            if !draws.contains(settings) { draws.append(settings) }
        }
        return draws
    }
}
