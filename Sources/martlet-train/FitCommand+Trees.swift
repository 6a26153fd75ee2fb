// SPDX-License-Identifier: Apache-2.0
import Training

/// What the families of trees need of the command line.
extension FitCommand {
    var boostingSettings: BoostingSettings {
        var settings = boosting.settings
        settings.earlyStopping?.fraction = stopping.validationFraction
        settings.automaticStopping.fraction = stopping.validationFraction
        settings.maxBin = trees.maxBin
        settings.minDataInBin = trees.minDataInBin
        settings.growing.maxDepth = trees.maxDepth
        settings.classWeight = classWeight
        settings.seed = seed
        return settings
    }

    func forestSettings(_ variant: ForestSettings.Variant) -> ForestSettings {
        var settings = ForestSettings(variant)
        settings.nEstimators = forest.nEstimators
        settings.minSamplesLeaf = forest.minSamplesLeaf
        settings.maxFeatures = forest.featureCount
        settings.maxDepth = trees.maxDepth
        settings.maxBin = trees.maxBin
        settings.minDataInBin = trees.minDataInBin
        settings.classWeight = classWeight
        settings.seed = seed
        return settings
    }

    var isolationLearner: IsolationForestLearner {
        var learner = IsolationForestLearner()
        learner.nEstimators = forest.nEstimators
        learner.maxSamples = forest.maxSamples
        learner.seed = seed
        return learner
    }
}
