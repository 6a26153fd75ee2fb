// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How good the answers of a version are by the labels that came: for reports, never for a gate.
///
/// In bounded memory, about 9 KB, whatever the count of labels and classes. Loops and servers add
/// up by `merge`. Each mean carries an interval that holds at all times (`ConfidenceSequence`).
package struct LiveQuality: Equatable, Sendable {
    /// As scikit-learn bounds it: one certain mistake must not make the mean infinite.
    private static let probabilityMin = 1e-15

    /// The share of labels that were predicted.
    package private(set) var accuracy = ConfidenceSequence()
    /// Of two classes the square of the second one's error; of more, the sum over the classes.
    package private(set) var brier = ConfidenceSequence()
    /// In nats.
    package private(set) var logLoss = ConfidenceSequence()
    package private(set) var absoluteError = ConfidenceSequence()
    package private(set) var squaredError = ConfidenceSequence()
    /// In the business's own unit.
    package private(set) var businessValue = ConfidenceSequence()
    /// Of the second of two classes; empty where there are more.
    package private(set) var scores = ScoreHistogram()
    /// Of the second of two classes; of the predicted class where there are more.
    package private(set) var calibration = CalibrationBins()

    package init() {}

    /// The answer and the label of a classification, by the classes' place in the model's order.
    ///
    /// - Parameters:
    ///   - predicted: the class that was answered; it need not be the likeliest.
    ///   - probabilities: one for each class; none where the model gives none.
    /// - Returns: whether it counted: indices and probabilities that are none do not.
    @discardableResult
    package mutating func record(
        label: Int, predicted: Int, probabilities: Span<Double>
    ) -> Bool {
        guard label >= 0, predicted >= 0 else { return false }
        guard probabilities.count > 0 else {
            accuracy.update(label == predicted ? 1 : 0)
            return true
        }
        guard probabilities.count >= 2, max(label, predicted) < probabilities.count else {
            return false
        }
        for index in 0..<probabilities.count where !(0...1 ~= probabilities[index]) {
            return false
        }
        accuracy.update(label == predicted ? 1 : 0)
        logLoss.update(-log(max(Self.probabilityMin, probabilities[label])))
        if probabilities.count == 2 {
            let score = probabilities[1]
            let error = score - (label == 1 ? 1 : 0)
            brier.update(error * error)
            scores.record(score: score, isPositive: label == 1)
            calibration.record(probability: score, happened: label == 1)
        } else {
            brier.update(Self.brier(label, probabilities))
            calibration.record(
                probability: probabilities[predicted], happened: label == predicted)
        }
        return true
    }

    /// The answer and the label of a regression.
    ///
    /// - Returns: whether it counted: what is no finite number does not.
    @discardableResult
    package mutating func record(truth: Double, predicted: Double) -> Bool {
        let error = abs(predicted - truth)
        guard (error * error).isFinite else { return false }
        absoluteError.update(error)
        squaredError.update(error * error)
        return true
    }

    /// What an answer was worth.
    package mutating func record(businessValue value: Double) { businessValue.update(value) }

    /// As if the other's labels had come here too.
    package mutating func merge(_ other: LiveQuality) {
        accuracy.merge(other.accuracy)
        brier.merge(other.brier)
        logLoss.merge(other.logLoss)
        absoluteError.merge(other.absoluteError)
        squaredError.merge(other.squaredError)
        businessValue.merge(other.businessValue)
        scores.merge(other.scores)
        calibration.merge(other.calibration)
    }

    /// The root of the mean squared error.
    package var rootMeanSquaredError: Double? {
        squaredError.count > 0 ? squaredError.mean.squareRoot() : nil
    }

    /// The root of the interval's ends: it holds as often as the squares' own.
    package func rootMeanSquaredErrorInterval(alpha: Double) -> ClosedRange<Double>? {
        guard let width = squaredError.halfWidth(alpha: alpha) else { return nil }
        let low = max(0, squaredError.mean - width).squareRoot()
        return low...max(low, (squaredError.mean + width).squareRoot())
    }

    private static func brier(_ label: Int, _ probabilities: Span<Double>) -> Double {
        var sum = 0.0
        for index in 0..<probabilities.count {
            let error = probabilities[index] - (index == label ? 1 : 0)
            sum += error * error
        }
        return sum
    }
}
