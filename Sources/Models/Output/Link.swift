// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How a margin becomes what is answered: the inverse of a generalised linear model's link.
package enum Link: Equatable, Sendable {
    /// The margin is the answer; for classes, it is the probability already.
    case identity
    /// `1 / (1 + exp(-(slope · m + intercept)))`. A slope that is not 1 is LightGBM's `sigmoid` or,
    /// with the intercept, Platt's calibration. For three classes or more each class has its own
    /// and they are not normalised (one versus rest).
    case logistic(slope: Double, intercept: Double)
    /// `exp(scale · m)` over their sum; a scale that is not 1 is an inverse temperature.
    case softmax(scale: Double)
    /// `exp(m)`: counts and positive amounts.
    case exponential
    /// `sign(m) · m²`: LightGBM's `reg_sqrt`.
    case signedSquare
    /// `log(1 + exp(m))`: LightGBM's `cross_entropy_lambda`.
    case logOnePlusExponential
    /// `2^(-m / pathLength)` of a mean path length `m`: the anomaly score of Liu, Ting and Zhou,
    /// "Isolation Forest" (2008), equation 2.
    case anomalyScore(pathLength: Double)
    /// A probability by linear interpolation between knots, level beyond them: isotonic
    /// calibration.
    case isotonic(IsotonicCurve)

    static let standardLogistic = Link.logistic(slope: 1, intercept: 0)
    static let standardSoftmax = Link.softmax(scale: 1)

    /// The answer that belongs to one margin.
    ///
    /// - Precondition: not `softmax`, which needs all margins of a row.
    @inline(__always)
    func value(_ margin: Double) -> Double {
        switch self {
        case .identity, .softmax: margin
        case .logistic(let slope, let intercept): 1 / (1 + exp(-(slope * margin + intercept)))
        case .exponential: exp(margin)
        case .signedSquare: margin < 0 ? -(margin * margin) : margin * margin
        case .logOnePlusExponential: log1p(exp(margin))
        case .anomalyScore(let pathLength): exp2(-margin / pathLength)
        case .isotonic(let curve): curve.value(margin)
        }
    }

    /// Whether the parameters are numbers that it can work with.
    var isSound: Bool {
        switch self {
        case .logistic(let slope, let intercept): slope.isFinite && intercept.isFinite
        case .softmax(let scale): scale.isFinite && scale > 0
        case .anomalyScore(let pathLength): pathLength.isFinite && pathLength > 0
        case .identity, .exponential, .signedSquare, .logOnePlusExponential, .isotonic: true
        }
    }
}
