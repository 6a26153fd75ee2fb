// SPDX-License-Identifier: Apache-2.0

/// The hyper-parameters of boosted trees, under LightGBM's names and with its defaults.
package struct BoostingSettings: Equatable, Sendable {
    /// What a regression minimises.
    package enum RegressionObjective: Equatable, Sendable {
        /// `(margin - y)²`; the mean.
        case squared
        /// `|margin - y|`; the median.
        case absolute
        /// The pinball loss; the `alpha` quantile.
        case quantile(alpha: Double)
        /// `exp(margin) - y · margin` for counts; the logarithm of the mean.
        case poisson
    }

    /// Stops once the loss on held-out rows has not fallen for a while. The iterations that were
    /// best there are then grown once more, on all rows.
    package struct EarlyStopping: Equatable, Sendable {
        /// How many iterations without a smaller loss are waited for.
        package var rounds: Int
        /// The part of the training rows that is held out for it.
        package var fraction = 0.1
        /// Otherwise the model keeps to what was grown without the rows held out.
        package var refits = true

        package init(rounds: Int) {
            self.rounds = rounds
        }
    }

    package var objective = RegressionObjective.squared
    /// Refuses more classes than two.
    package var isForTwoClasses = false
    /// `nil`: found by early stopping, at most `automaticIterations`, where there are at least
    /// `automaticRows` rows; otherwise LightGBM's 100.
    package var numIterations: Int?
    package var learningRate = 0.1
    package var growing = GrowingRules()
    package var maxBin = 255
    package var minDataInBin = 3
    package var baggingFraction = 1.0
    /// Rows are drawn anew each so many iterations; 0 for never.
    package var baggingFreq = 0
    package var featureFraction = 1.0
    /// By the feature's name: 1 where the margin must not fall with it, -1 where not rise.
    package var monotoneConstraints: [String: Int8] = [:]
    package var boostFromAverage = true
    package var classWeight: ClassWeight?
    /// For two classes: how much more a row of the positive one weighs.
    package var scalePosWeight = 1.0
    package var earlyStopping: EarlyStopping?
    /// What finds the number of iterations where neither it nor `earlyStopping` is given.
    package var automaticStopping = EarlyStopping(rounds: 100)
    /// Safeguard of the Poisson objective's hessian.
    package var poissonMaxDeltaStep = 0.7
    package var seed: UInt64 = 1

    package init() {}

    private static let automaticRows = 10_000
    private static let automaticIterations = 1000

    /// With what is left to the data decided.
    func resolved(rowCount: Int) -> BoostingSettings {
        guard numIterations == nil else { return self }
        var settings = self
        let isLarge = rowCount >= Self.automaticRows
        if earlyStopping == nil, isLarge {
            settings.earlyStopping = automaticStopping
        }
        settings.numIterations = settings.earlyStopping == nil ? 100 : Self.automaticIterations
        return settings
    }
}
