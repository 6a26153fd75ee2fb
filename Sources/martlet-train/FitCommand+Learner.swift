// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Training

/// From a command line to a learner, and to the hyper-parameters that artifact and lineage record.
extension FitCommand {
    /// What the family learns, by `--task` where it can learn either.
    var learningTask: LearningTask {
        switch model {
        case .logistic, .text, .naiveBayes: .classification
        case .linear: .regression
        case .boostedTrees: boosting.objective?.task ?? eitherTask
        case .randomForest, .extraTrees, .mlp: eitherTask
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

    /// The family's learner, calibrated if so asked.
    var learner: any Learner {
        guard let calibration else { return familyLearner }
        return CalibratedLearner(familyLearner, calibration, seed: seed)
    }

    private var familyLearner: any Learner {
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

    /// The family's hyper-parameters under their flags' names.
    var hyperparameters: [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        switch model {
        case .logistic, .text:
            members.append(.init(name: "C", value: .number(inversePenalty)))
        case .boostedTrees: return boostingSettings.record + calibrationRecord
        case .randomForest: return forestSettings(.randomForest).record + calibrationRecord
        case .extraTrees: return forestSettings(.extraTrees).record + calibrationRecord
        case .isolationForest: return isolationLearner.record
        case .linear: members.append(.init(name: "alpha", value: .number(penalty.alpha ?? 1)))
        case .naiveBayes:
            members.append(.init(name: "alpha", value: .number(penalty.alpha ?? 1)))
            members.append(.init(name: "var_smoothing", value: .number(penalty.varSmoothing)))
        case .kMeans:
            let learner = kMeansLearner
            members.append(.init(name: "n_clusters", value: .integer(learner.clusterCount)))
            members.append(.init(name: "n_init", value: .integer(learner.startCount)))
            members.append(.init(name: "max_iter", value: .integer(learner.iterationCountMax)))
            members.append(.init(name: "tol", value: .number(learner.tolerance)))
        case .mlp:
            let learner = perceptronLearner
            members += [
                .init(
                    name: "hidden_layer_sizes",
                    value: .array(learner.hiddenWidths.map { .integer($0) })),
                .init(name: "alpha", value: .number(learner.alpha)),
                .init(name: "learning_rate_init", value: .number(learner.learningRate)),
                .init(name: "batch_size", value: .integer(learner.batchSize)),
                .init(name: "max_iter", value: .integer(learner.epochCountMax)),
                .init(name: "n_iter_no_change", value: .integer(learner.patience)),
                .init(name: "tol", value: .number(learner.tolerance)),
                .init(name: "validation_fraction", value: .number(learner.validationFraction)),
            ]
        }
        if penalty.l1Ratio > 0, model == .linear || model == .logistic {
            members.append(.init(name: "l1_ratio", value: .number(penalty.l1Ratio)))
        }
        members += calibrationRecord
        if let classWeight {
            members.append(.init(name: "class_weight", value: .string(classWeight.rawValue)))
        }
        return members
    }

    private var calibrationRecord: [JSONValue.Member] {
        calibration.map { [.init(name: "calibration", value: .string($0.rawValue))] } ?? []
    }
}
