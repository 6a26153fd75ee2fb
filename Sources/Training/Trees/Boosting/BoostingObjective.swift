// SPDX-License-Identifier: Apache-2.0
import Glibc
import Models

/// A loss with its gradients, for one answer and its margins.
enum BoostingObjective: Equatable, Sendable {
    case logistic
    case softmax(Int)
    case squared
    case absolute
    case quantile(Double)
    /// With what is added to the margin in the hessian, which keeps steps short.
    case poisson(maxDeltaStep: Double)

    /// How many trees an iteration grows.
    var marginCount: Int {
        if case .softmax(let count) = self { count } else { 1 }
    }

    /// The link that its margins need; `nil` for the task's own.
    var link: Link? {
        if case .poisson = self { .exponential } else { nil }
    }

    /// Whether leaves take a quantile of their rows' residuals instead of a Newton step, and which.
    var leafQuantile: Double? {
        switch self {
        case .absolute: 0.5
        case .quantile(let alpha): alpha
        case .logistic, .softmax, .squared, .poisson: nil
        }
    }

    /// The gradient and hessian by one margin.
    @inline(__always)
    func derivatives(_ margin: Double, _ answer: Double) -> (gradient: Double, hessian: Double) {
        switch self {
        case .logistic:
            let probability = 1 / (1 + exp(-margin))
            return (probability - answer, probability * (1 - probability))
        case .squared: return (margin - answer, 1)
        case .absolute: return (margin > answer ? 1 : margin < answer ? -1 : 0, 1)
        case .quantile(let alpha): return (margin >= answer ? 1 - alpha : -alpha, 1)
        case .poisson(let step):
            return (exp(margin) - answer, exp(margin + step))
        case .softmax: return (0, 0)
        }
    }

    /// Friedman's factor for the hessian of `count` classes, as LightGBM has it.
    static func softmaxFactor(_ count: Int) -> Double { Double(count) / Double(count - 1) }

    /// The loss of one row.
    ///
    /// - Parameter margins: the row's, `stride` apart.
    @inline(__always)
    func loss(_ margins: UnsafePointer<Double>, stride: Int, _ answer: Double) -> Double {
        let margin = margins[0]
        switch self {
        case .logistic:
            return max(margin, 0) + log1p(exp(-margin.magnitude)) - answer * margin
        case .squared: return (margin - answer) * (margin - answer)
        case .absolute: return (margin - answer).magnitude
        case .quantile(let alpha):
            return margin < answer ? alpha * (answer - margin) : (1 - alpha) * (margin - answer)
        case .poisson: return exp(margin) - answer * margin
        case .softmax(let count):
            var largest = margin
            for index in 1..<count { largest = max(largest, margins[index * stride]) }
            var sum = 0.0
            for index in 0..<count { sum += exp(margins[index * stride] - largest) }
            return log(sum) + largest - margins[Int(answer) * stride]
        }
    }

    /// The margins that fit best without any tree.
    ///
    /// - Parameters:
    ///   - rows: whose answers count; `nil` for all.
    ///   - weights: of each answer's class; empty where all weigh the same.
    func constants(
        _ answers: BoostingAnswers, rows: [UInt32]?, weights: [Double]
    ) -> [Double] {
        let values = answers.values(rows)
        switch self {
        case .logistic, .softmax:
            var totals = [Double](repeating: 0, count: max(2, marginCount))
            for label in answers.labels(rows) {
                totals[Int(label)] += weights.isEmpty ? 1 : weights[Int(label)]
            }
            let sum = totals.reduce(0, +)
            let shares = totals.map { min(max($0 / sum, 1e-15), 1 - 1e-15) }
            return self == .logistic ? [log(shares[1] / shares[0])] : shares.map { log($0) }
        case .squared: return [values.reduce(0, +) / Double(values.count)]
        case .absolute: return [Self.quantile(of: values, 0.5)]
        case .quantile(let alpha): return [Self.quantile(of: values, alpha)]
        case .poisson:
            return [log(max(values.reduce(0, +) / Double(values.count), 1e-15))]
        }
    }

    /// Between the two nearest numbers, linearly: NumPy's and LightGBM's quantile.
    static func quantile(of numbers: [Double], _ share: Double) -> Double {
        let sorted = numbers.sorted()
        guard let last = sorted.last else { return 0 }
        let place = Double(sorted.count - 1) * share
        let index = Int(place)
        guard index + 1 < sorted.count else { return last }
        return sorted[index] + (sorted[index + 1] - sorted[index]) * (place - Double(index))
    }
}
