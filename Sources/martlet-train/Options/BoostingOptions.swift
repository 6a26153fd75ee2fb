// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Training

/// The options of `fit --model boosted-trees`, named as in LightGBM.
struct BoostingOptions: ParsableArguments {
    enum Objective: String, ExpressibleByArgument {
        case binary, multiclass, regression, quantile, poisson
        case regressionL1 = "regression_l1"

        var task: LearningTask {
            switch self {
            case .binary, .multiclass: .classification
            case .regression, .regressionL1, .quantile, .poisson: .regression
            }
        }
    }

    @Option(
        help: """
            binary, multiclass, regression, regression_l1, quantile or poisson. \
            (default: by the target's values)
            """)
    var objective: Objective?

    @Option(
        help: """
            How many trees, of each class. (default: found by early stopping from 10,000 rows on, \
            else 100)
            """)
    var numIterations: Int?

    @Option(help: "How much of a tree's answer is added.")
    var learningRate = BoostingSettings().learningRate

    @Option(help: "Most leaves of a tree.")
    var numLeaves = 31

    @Option(help: "How many rows a leaf has at least.")
    var minDataInLeaf = 20

    @Option(help: "The hessian that a leaf has at least.")
    var minSumHessianInLeaf = 1e-3

    @Option(name: .customLong("lambda-l1"), help: "L1 penalty of leaves.")
    var lambdaL1 = 0.0

    @Option(name: .customLong("lambda-l2"), help: "L2 penalty of leaves.")
    var lambdaL2 = 0.0

    @Option(help: "What a split saves at least.")
    var minGainToSplit = 0.0

    @Option(help: "The part of the rows that a tree sees, where --bagging-freq is set.")
    var baggingFraction = 1.0

    @Option(help: "After how many iterations rows are drawn anew; 0 for never.")
    var baggingFreq = 0

    @Option(help: "The part of the features that a tree sees.")
    var featureFraction = 1.0

    @Option(help: "Categories that are split one against the rest, at most.")
    var maxCatToOnehot = 4

    @Option(help: "Smooths the order of categories.")
    var catSmooth = 10.0

    @Option(name: .customLong("cat-l2"), help: "L2 penalty of leaves below categories.")
    var catL2 = 10.0

    @Option(help: "Most categories on the smaller side of a split.")
    var maxCatThreshold = 32

    @Option(help: "How many rows a group of categories has at least.")
    var minDataPerGroup = 100

    @Option(help: "The quantile to predict, for --objective quantile.")
    var quantileAlpha = 0.5

    @Option(help: "Steadies the hessian, for --objective poisson.")
    var poissonMaxDeltaStep = 0.7

    @Option(help: "How much more a row of the positive class weighs.")
    var scalePosWeight = 1.0

    @Option(
        help: "column=1 where the answer must rise with it, column=-1 where fall; repeatable.")
    var monotoneConstraint: [String] = []

    @Option(
        help: """
            Stop once the loss on held-out training rows has not fallen for so many iterations; \
            0 for never. (default: 100 if --num-iterations is not given)
            """)
    var earlyStoppingRound: Int?

    @Flag(
        inversion: .prefixedNo, help: "Grow the best iterations again, on all training rows.")
    var refit = true

    @Flag(inversion: .prefixedNo, help: "Start from the answers' mean.")
    var boostFromAverage = true

    func validate() throws {
        let positive: [(String, Double)] = [
            ("num-iterations", Double(numIterations ?? 1)), ("learning-rate", learningRate),
            ("bagging-fraction", baggingFraction), ("feature-fraction", featureFraction),
            ("scale-pos-weight", scalePosWeight), ("max-cat-threshold", Double(maxCatThreshold)),
            ("poisson-max-delta-step", poissonMaxDeltaStep),
        ]
        for (name, value) in positive where !(value > 0 && value.isFinite) {
            throw ValidationError("--\(name) \(value) is not a positive number")
        }
        let others: [(String, Double)] = [
            ("min-data-in-leaf", Double(minDataInLeaf)), ("lambda-l1", lambdaL1),
            ("min-sum-hessian-in-leaf", minSumHessianInLeaf), ("lambda-l2", lambdaL2),
            ("min-gain-to-split", minGainToSplit), ("bagging-freq", Double(baggingFreq)),
            ("max-cat-to-onehot", Double(maxCatToOnehot)), ("cat-smooth", catSmooth),
            ("cat-l2", catL2), ("min-data-per-group", Double(minDataPerGroup)),
            ("early-stopping-round", Double(earlyStoppingRound ?? 0)),
        ]
        for (name, value) in others where !(value >= 0 && value.isFinite) {
            throw ValidationError("--\(name) \(value) is not zero or a positive number")
        }
        try validateMost()
        guard quantileAlpha > 0, quantileAlpha < 1 else {
            throw ValidationError("--quantile-alpha \(quantileAlpha) is not between 0 and 1")
        }
        guard 2...65_536 ~= numLeaves else {
            throw ValidationError("--num-leaves \(numLeaves) is not between 2 and 65536")
        }
        var constrained: Set<String> = []
        for text in monotoneConstraint {
            guard let (name, _) = Self.constraint(text) else {
                throw ValidationError(
                    "--monotone-constraint '\(text)' is not column=1 or column=-1")
            }
            guard constrained.insert(name).inserted else {
                throw ValidationError("--monotone-constraint names '\(name)' twice")
            }
        }
    }

    /// What is more would overflow, or leave gradients without numbers.
    private func validateMost() throws {
        let counts = [
            ("num-iterations", numIterations ?? 1, 100_000),
            ("min-data-in-leaf", minDataInLeaf, TreeOptions.countMax),
            ("min-data-per-group", minDataPerGroup, TreeOptions.countMax),
            ("max-cat-threshold", maxCatThreshold, TreeOptions.countMax),
            ("max-cat-to-onehot", maxCatToOnehot, TreeOptions.countMax),
            ("bagging-freq", baggingFreq, TreeOptions.countMax),
            ("early-stopping-round", earlyStoppingRound ?? 0, TreeOptions.countMax),
        ]
        for (name, value, most) in counts where value > most {
            throw ValidationError("--\(name) \(value) is more than \(most)")
        }
        let numbers: [(String, Double, Double)] = [
            ("bagging-fraction", baggingFraction, 1), ("feature-fraction", featureFraction, 1),
            ("scale-pos-weight", scalePosWeight, 1e9),
            ("poisson-max-delta-step", poissonMaxDeltaStep, 100),
        ]
        for (name, value, most) in numbers where value > most {
            throw ValidationError("--\(name) \(value) is more than \(most)")
        }
    }

    private static func constraint(_ text: String) -> (name: String, direction: Int8)? {
        guard let sign = text.lastIndex(of: "="), let direction = Int8(text[sign...].dropFirst()),
            direction.magnitude == 1, sign != text.startIndex
        else { return nil }
        return (String(text[..<sign]), direction)
    }

    /// Without what other options say.
    var settings: BoostingSettings {
        var settings = BoostingSettings()
        switch objective {
        case .regressionL1: settings.objective = .absolute
        case .quantile: settings.objective = .quantile(alpha: quantileAlpha)
        case .poisson: settings.objective = .poisson
        case .binary: settings.isForTwoClasses = true
        case .regression, .multiclass, nil: break
        }
        settings.numIterations = numIterations
        settings.learningRate = learningRate
        settings.growing.numLeaves = numLeaves
        settings.growing.minDataInLeaf = minDataInLeaf
        settings.growing.minSumHessianInLeaf = minSumHessianInLeaf
        settings.growing.lambdaL1 = lambdaL1
        settings.growing.lambdaL2 = lambdaL2
        settings.growing.minGainToSplit = minGainToSplit
        settings.growing.maxCatToOnehot = maxCatToOnehot
        settings.growing.catSmooth = catSmooth
        settings.growing.catL2 = catL2
        settings.growing.maxCatThreshold = maxCatThreshold
        settings.growing.minDataPerGroup = minDataPerGroup
        settings.baggingFraction = baggingFraction
        settings.baggingFreq = baggingFreq
        settings.featureFraction = featureFraction
        settings.poissonMaxDeltaStep = poissonMaxDeltaStep
        settings.scalePosWeight = scalePosWeight
        settings.boostFromAverage = boostFromAverage
        for (name, direction) in monotoneConstraint.compactMap(Self.constraint) {
            settings.monotoneConstraints[name] = direction
        }
        if earlyStoppingRound == 0, numIterations == nil { settings.numIterations = 100 }
        settings.automaticStopping.refits = refit
        if let earlyStoppingRound, earlyStoppingRound > 0 {
            settings.earlyStopping = .init(rounds: earlyStoppingRound)
            settings.earlyStopping?.refits = refit
        }
        return settings
    }
}
