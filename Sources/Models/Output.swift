// SPDX-License-Identifier: Apache-2.0
import Glibc
package import JSON

/// What a model's margins mean.
///
/// A *margin* is what a kind computes for a row, before any link function: one `Double` for
/// regression and for two classes, one for each class otherwise.
package enum Output: Equatable, Sendable {
    /// The margin is the answer.
    case regression
    /// Two labels, negative first; the margin is the log-odds of the second.
    case binary(labels: [String])
    /// Three labels or more; the margins are log-probabilities up to a constant.
    case multiclass(labels: [String])

    package var marginCount: Int {
        if case .multiclass(let labels) = self { labels.count } else { 1 }
    }

    /// Empty for regression.
    package var labels: [String] {
        switch self {
        case .regression: []
        case .binary(let labels), .multiclass(let labels): labels
        }
    }

    /// The index of the predicted label; the first of equals.
    ///
    /// - Precondition: `margins` holds `marginCount` values from `start` on; not regression.
    package func predictedIndex(_ margins: Span<Double>, at start: Int) -> Int {
        guard case .multiclass(let labels) = self else { return margins[start] > 0 ? 1 : 0 }
        var best = 0
        for index in 1..<labels.count where margins[start + index] > margins[start + best] {
            best = index
        }
        return best
    }

    /// Appends a row's probabilities, one for each label; for regression the value itself.
    package func appendOutputs(
        _ margins: Span<Double>, at start: Int, to outputs: inout [Double]
    ) {
        switch self {
        case .regression: outputs.append(margins[start])
        case .binary:
            let positive = 1 / (1 + exp(-margins[start]))
            outputs.append(1 - positive)
            outputs.append(positive)
        case .multiclass(let labels):
            // Shifted by the largest, so that no term overflows.
            var largest = margins[start]
            for index in 1..<labels.count { largest = max(largest, margins[start + index]) }
            let first = outputs.count
            var sum = 0.0
            for index in 0..<labels.count {
                let term = exp(margins[start + index] - largest)
                outputs.append(term)
                sum += term
            }
            for index in first..<outputs.count { outputs[index] /= sum }
        }
    }
}

/// `{"type": "regression"}`, or `{"type": "binary" | "multiclass", "labels": […]}`.
extension Output {
    package var json: JSONValue {
        let labels = JSONValue.array(labels.map { .string($0) })
        return switch self {
        case .regression: ["type": "regression"]
        case .binary: ["type": "binary", "labels": labels]
        case .multiclass: ["type": "multiclass", "labels": labels]
        }
    }

    init(json: JSONValue) throws(ArtifactError) {
        let labels = (json["labels"]?.array ?? []).compactMap(\.string)
        let areDistinct = StringTable(labels) != nil
        switch json["type"]?.string {
        case "regression": self = .regression
        case "binary" where labels.count == 2 && areDistinct: self = .binary(labels: labels)
        case "multiclass" where labels.count >= 3 && areDistinct: self = .multiclass(labels: labels)
        case "binary", "multiclass":
            throw .invalidField("output.labels", "not the right number of distinct strings")
        default: throw .invalidField("output.type", "not regression, binary or multiclass")
        }
    }
}
