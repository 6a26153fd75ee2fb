// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What a model's margins mean, and what is answered.
///
/// A *margin* is what a kind computes for a row, before any link function: one `Double` for
/// regression and for two classes, one for each class or cluster otherwise.
package struct Output: Equatable, Sendable {
    package enum Task: Equatable, Sendable {
        case regression
        /// Two labels, negative first; the margin tells of the second.
        case binary(labels: [String])
        /// Three labels or more; two in models of libraries that give each a margin of its own.
        case multiclass(labels: [String])
        /// As many clusters; the margins are negative squared distances to their centres.
        case clusters(Int)
    }

    package let task: Task
    package let link: Link
    /// For two labels: above which probability the second is predicted.
    package let threshold: Double
    /// What margins are divided by before the link: 1, or how many trees a forest has whose margins
    /// are sums where its answer is a mean (LightGBM's `rf`).
    package let divisor: Double

    /// - Parameter link: `nil` for the task's own: identity, logistic, softmax.
    /// - Returns: `nil` when labels, link and task do not fit each other.
    package init?(
        _ task: Task, link: Link? = nil, threshold: Double = 0.5, divisor: Double = 1
    ) {
        let link = link ?? Self.standardLink(task)
        guard link.isSound, Self.fits(task, link), threshold >= 0, threshold <= 1,
            divisor.isFinite, divisor > 0
        else { return nil }
        self.init(task, link, threshold, divisor)
    }

    private init(_ task: Task, _ link: Link, _ threshold: Double, _ divisor: Double = 1) {
        self.task = task
        self.link = link
        self.threshold = threshold
        self.divisor = divisor
    }

    /// The answer that belongs to one margin.
    @inline(__always)
    private func value(_ margin: Double) -> Double {
        link.value(divisor == 1 ? margin : margin / divisor)
    }

    package static let regression = Output(.regression, .identity, 0.5)

    /// The margin is the log-odds of the second of two labels.
    package static func binary(labels: [String]) -> Output {
        Output(.binary(labels: labels), .standardLogistic, 0.5)
    }

    /// The margins are log-probabilities up to a constant.
    package static func multiclass(labels: [String]) -> Output {
        Output(.multiclass(labels: labels), .standardSoftmax, 0.5)
    }

    static func standardLink(_ task: Task) -> Link {
        switch task {
        case .regression, .clusters: .identity
        case .binary: .standardLogistic
        case .multiclass: .standardSoftmax
        }
    }

    private static func fits(_ task: Task, _ link: Link) -> Bool {
        switch (task, link) {
        case (.regression, .softmax), (.regression, .isotonic): false
        case (.regression, _): true
        case (.binary(let labels), .logistic), (.binary(let labels), .identity),
            (.binary(let labels), .isotonic):
            labels.count == 2 && StringTable(labels) != nil
        case (.multiclass(let labels), .softmax), (.multiclass(let labels), .logistic),
            (.multiclass(let labels), .identity):
            labels.count >= 2 && StringTable(labels) != nil
        case (.clusters(let count), .identity): count > 0
        default: false
        }
    }

    package var marginCount: Int {
        switch task {
        case .regression, .binary: 1
        case .multiclass(let labels): labels.count
        case .clusters(let count): count
        }
    }

    /// Empty for regression and clusters.
    package var labels: [String] {
        switch task {
        case .regression, .clusters: []
        case .binary(let labels), .multiclass(let labels): labels
        }
    }

    /// The index of the predicted label or cluster; the first of equals.
    ///
    /// - Precondition: `margins` holds `marginCount` values from `start` on; not regression.
    package func predictedIndex(_ margins: Span<Double>, at start: Int) -> Int {
        if case .binary = task { return isSecondLabel(margins[start]) ? 1 : 0 }
        var best = 0
        for index in 1..<max(1, marginCount) where margins[start + index] > margins[start + best] {
            best = index
        }
        return best
    }

    private func isSecondLabel(_ margin: Double) -> Bool {
        if case .logistic(let slope, let intercept) = link, threshold == 0.5 {
            // The probability of a tiny margin is rounded to a half; its sign is not.
            return slope * (margin / divisor) + intercept > 0
        }
        return value(margin) > threshold
    }

    /// Appends a row's probabilities, one for each label; for regression the value itself; for
    /// clusters the distances to their centres.
    package func appendOutputs(
        _ margins: Span<Double>, at start: Int, to outputs: inout [Double]
    ) {
        switch task {
        case .regression: outputs.append(value(margins[start]))
        case .binary:
            let positive = value(margins[start])
            outputs.append(1 - positive)
            outputs.append(positive)
        case .multiclass(let labels):
            if case .softmax(let scale) = link {
                appendSoftmax(margins, at: start, labels.count, scale / divisor, to: &outputs)
            } else {
                for index in 0..<labels.count { outputs.append(value(margins[start + index])) }
            }
        case .clusters(let count):
            for index in 0..<count { outputs.append(max(0, -margins[start + index]).squareRoot()) }
        }
    }

    private func appendSoftmax(
        _ margins: Span<Double>, at start: Int, _ count: Int, _ scale: Double,
        to outputs: inout [Double]
    ) {
        // Shifted by the largest, so that no term overflows.
        var largest = margins[start]
        for index in 1..<count { largest = max(largest, margins[start + index]) }
        let first = outputs.count
        var sum = 0.0
        for index in 0..<count {
            let term = exp(scale * (margins[start + index] - largest))
            outputs.append(term)
            sum += term
        }
        for index in first..<outputs.count { outputs[index] /= sum }
    }
}
