// SPDX-License-Identifier: Apache-2.0
package import Models

/// The one metric that decides a search, by its name in `Evaluation`.
package enum SearchMetric: String, Sendable {
    case logLoss = "log_loss"
    case rootMeanSquaredError = "rmse"
    case areaUnderROC = "roc_auc"
    /// The mean over classes, each against the rest.
    case areaUnderROCOfClasses = "roc_auc_ovr"

    /// The loss, or for weighed classes the area: weights move probabilities away from the data's
    /// shares on purpose, which the loss would count against a model, unless calibration moves them
    /// back.
    package init(_ output: Output, isWeighted: Bool) {
        switch output.task {
        case .regression, .clusters: self = .rootMeanSquaredError
        case .binary: self = isWeighted ? .areaUnderROC : .logLoss
        case .multiclass: self = isWeighted ? .areaUnderROCOfClasses : .logLoss
        }
    }

    package var isLowerBetter: Bool { self == .logLoss || self == .rootMeanSquaredError }

    func isBetter(_ value: Double, than other: Double) -> Bool {
        isLowerBetter ? value < other : value > other
    }
}
