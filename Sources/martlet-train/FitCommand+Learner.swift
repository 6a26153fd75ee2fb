// SPDX-License-Identifier: Apache-2.0
import Models
import Training

/// From a command line to a learner.
extension FitCommand {
    /// What the family learns, by `--task` where it can learn either.
    var learningTask: LearningTask {
        switch model {
        case .logistic, .text, .naiveBayes: .classification
        case .linear: .regression
        case .boostedTrees: boosting.objective?.task ?? eitherTask
        case .randomForest, .extraTrees, .mlp, .auto: eitherTask
        case .isolationForest: .unsupervised(.regression)
        case .kMeans: Output(.clusters(clusters.nClusters)).map { .unsupervised($0) } ?? .regression
        }
    }

    private var eitherTask: LearningTask {
        switch task {
        case .classification: .classification
        case .regression: .regression
        case nil: .inferred
        }
    }

    /// The family's learner, calibrated if so asked; `nil` where a search is to find one.
    var learner: (any Learner)? {
        guard let calibration, let learner = familyLearner else { return familyLearner }
        return CalibratedLearner(learner, calibration, seed: seed)
    }

    private var familyLearner: (any Learner)? {
        switch model {
        case .logistic, .text:
            LinearLearner(
                .inverse(inversePenalty), l1Ratio: penalty.l1Ratio,
                classWeight: classWeight)
        case .linear: LinearLearner(.alpha(penalty.alpha ?? 1), l1Ratio: penalty.l1Ratio)
        case .naiveBayes:
            NaiveBayesLearner(
                alpha: penalty.alpha ?? 1, varianceSmoothing: penalty.varSmoothing,
                classWeight: classWeight)
        case .kMeans: kMeansLearner
        case .mlp: perceptronLearner
        case .boostedTrees: BoostedTreesLearner(boostingSettings)
        case .randomForest: ForestLearner(forestSettings(.randomForest))
        case .extraTrees: ForestLearner(forestSettings(.extraTrees))
        case .isolationForest: isolationLearner
        case .auto: nil
        }
    }

    /// A text's many columns carry less each than a table's.
    private var inversePenalty: Double {
        penalty.inversePenalty ?? (model == .text ? 10 : 1)
    }

    private var kMeansLearner: KMeansLearner {
        var learner = KMeansLearner(clusterCount: clusters.nClusters)
        learner.startCount = clusters.nInit
        learner.iterationCountMax = stopping.maxIter ?? learner.iterationCountMax
        learner.tolerance = stopping.tol ?? learner.tolerance
        learner.seed = seed
        return learner
    }

    private var perceptronLearner: PerceptronLearner {
        var learner = PerceptronLearner()
        learner.hiddenWidths = perceptron.widths
        learner.alpha = penalty.alpha ?? learner.alpha
        learner.learningRate = perceptron.learningRateInit
        learner.batchSize = perceptron.batchSize
        learner.epochCountMax = stopping.maxIter ?? learner.epochCountMax
        learner.patience = perceptron.nIterNoChange
        learner.tolerance = stopping.tol ?? learner.tolerance
        learner.validationFraction = stopping.validationFraction
        learner.classWeight = classWeight
        learner.seed = seed
        return learner
    }
}
