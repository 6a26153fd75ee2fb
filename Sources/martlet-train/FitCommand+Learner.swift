// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Training

/// From a command line to a learner, and to the hyper-parameters that artifact and lineage record.
extension FitCommand {
    var learningTask: LearningTask {
        switch model {
        case .logistic, .text: .classification
        case .linear: .regression
        case .boostedTrees: boosting.objective?.task ?? treeTask
        case .randomForest, .extraTrees: treeTask
        case .isolationForest: .unsupervised(.regression)
        }
    }

    var learner: any Learner {
        switch model {
        case .logistic, .text: LinearLearner(.inverse(inversePenalty))
        case .linear: LinearLearner(.alpha(alpha))
        case .boostedTrees: BoostedTreesLearner(boostingSettings)
        case .randomForest: ForestLearner(forestSettings(.randomForest))
        case .extraTrees: ForestLearner(forestSettings(.extraTrees))
        case .isolationForest: isolationLearner
        }
    }

    /// The family's hyper-parameters under their flags' names.
    var hyperparameters: [JSONValue.Member] {
        switch model {
        case .logistic, .text: [.init(name: "C", value: .number(inversePenalty))]
        case .linear: [.init(name: "alpha", value: .number(alpha))]
        case .boostedTrees: boostingSettings.record
        case .randomForest: forestSettings(.randomForest).record
        case .extraTrees: forestSettings(.extraTrees).record
        case .isolationForest: isolationLearner.record
        }
    }
}
