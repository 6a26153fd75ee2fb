// SPDX-License-Identifier: Apache-2.0
import Models

/// The operators of `ai.onnx.ml` that predict. Where the format's page leaves a choice, it is done
/// as ONNX Runtime does.
extension ONNXImporter {
    mutating func lowerPredictor(_ node: inout ONNXNodeReader) throws(ImportError) -> [ONNXValue]? {
        switch node.operation {
        case "LinearRegressor": return [try linearRegressor(&node)]
        case "LinearClassifier": return try linearClassifier(&node)
        case "TreeEnsembleRegressor": return [try ensembleRegressor(&node)]
        case "TreeEnsembleClassifier": return try ensembleClassifier(&node)
        default: return nil
        }
    }

    enum Transform: String {
        case none = "NONE"
        case logistic = "LOGISTIC"
        case softmax = "SOFTMAX"
    }

    func transform(_ node: inout ONNXNodeReader) throws(ImportError) -> Transform {
        let name = try node.string("post_transform") ?? "NONE"
        guard let transform = Transform(rawValue: name) else {
            throw node.unsupported("post_transform \(name)")
        }
        return transform
    }

    mutating func apply(
        _ transform: Transform, _ value: ONNXValue, _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        switch transform {
        case .none: return value
        case .logistic: return try apply(.sigmoid, value, node)
        case .softmax:
            let length = value.shape.last ?? 1
            return ONNXValue(
                node: try add(.softmax(length: length), [value.node], node.place),
                element: value.element, shape: value.shape, rowAxis: value.rowAxis)
        }
    }

    /// The input as `[rows, features]` of a float type.
    mutating func rows(_ node: ONNXNodeReader) throws(ImportError) -> ONNXValue {
        let input = try node.input(0)
        guard input.element != .string, input.rowAxis ?? 0 == 0, (1...2).contains(input.shape.count)
        else { throw node.unsupported("an input that is not [rows, features]") }
        let value = input.shape.count == 1 ? input.reshaped([1, input.count], rowAxis: 0) : input
        return try value.element == .float64 ? value : cast(value, .float32, node)
    }

    func labels(_ node: inout ONNXNodeReader) throws(ImportError) -> [String] {
        let strings = try node.strings("classlabels_strings") ?? []
        // The linear classifier's are named otherwise.
        let ints = try node.integers("classlabels_ints")
        let integers = try node.integers("classlabels_int64s") ?? ints ?? []
        guard strings.isEmpty != integers.isEmpty else {
            throw node.malformed("no labels, or two kinds of them")
        }
        return strings.isEmpty ? integers.map { "\($0)" } : strings
    }

    /// Coefficients are outputs × features.
    private mutating func linear(
        _ input: ONNXValue, outputCount: Int, _ node: inout ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        let coefficients = try node.floats("coefficients") ?? []
        let width = input.shape[1]
        let (count, overflow) = outputCount.multipliedReportingOverflow(by: width)
        guard outputCount > 0, !overflow, coefficients.count == count else {
            throw node.malformed("not as many coefficients as features and outputs")
        }
        let intercepts =
            try node.floats("intercepts") ?? [Double](repeating: 0, count: outputCount)
        guard intercepts.count == outputCount else {
            throw node.malformed("not as many intercepts as outputs")
        }
        var weights = coefficients
        for output in 0..<outputCount {
            for feature in 0..<width {
                weights[feature * outputCount + output] = coefficients[output * width + feature]
            }
        }
        return try dense(input, weights, biases: intercepts, node)
    }

    private mutating func linearRegressor(
        _ node: inout ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        let input = try cast(try rows(node), .float32, node)
        let count = try node.integer("targets") ?? 1
        let scores = try linear(input, outputCount: count, &node)
        try requireNoTransform(&node)
        return scores
    }

    /// ONNX Runtime leaves a single score as it is, whatever a regressor's transform says.
    func requireNoTransform(_ node: inout ONNXNodeReader) throws(ImportError) {
        guard try transform(&node) == .none else { throw node.unsupported("post_transform") }
    }

    private mutating func linearClassifier(
        _ node: inout ONNXNodeReader
    ) throws(ImportError) -> [ONNXValue] {
        node.ignore("multi_class")
        let input = try cast(try rows(node), .float32, node)
        let labels = try labels(&node)
        let transform = try transform(&node)
        let width = input.shape[1]
        let outputCount = node.floatCount("coefficients") / max(width, 1)
        let scores = try linear(input, outputCount: outputCount, &node)
        if outputCount == 1, labels.count == 2 {
            // Told apart at 0 even where the scores are `1 - s` and `s`.
            return try binary(
                scores, labels, bound: 0, transform == .logistic ? .logistic : .complement, node)
        }
        guard outputCount == labels.count else {
            throw node.malformed("not as many labels as scores")
        }
        let label = try winner(scores, labels, node)
        return [label, try apply(transform, scores, node)]
    }

    /// The label of the largest score, the first of equals.
    mutating func winner(
        _ scores: ONNXValue, _ labels: [String], _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        var label = try reduce(scores, .argMaximum, axes: [1], keeps: false, node)
        label.classes = ONNXClasses(node: label.node, labels: labels)
        return label
    }

    /// How one score becomes those of two labels.
    enum Pair {
        /// `1 - s`, `s`.
        case complement
        /// `-s`, `s`.
        case mirror
        /// The logistic function of these.
        case logistic
    }

    /// Two labels by one score; beyond the bound it is the second.
    mutating func binary(
        _ score: ONNXValue, _ labels: [String], bound: Double, _ pair: Pair,
        _ node: ONNXNodeReader
    ) throws(ImportError) -> [ONNXValue] {
        let bound = try scalar(bound, score.element, node)
        let isSecond = try cast(try apply(.less, bound, score, node), .int64, node)
        var label = isSecond.reshaped([1], rowAxis: 0)
        label.classes = ONNXClasses(node: label.node, labels: labels)
        let scores: [ONNXValue]
        switch pair {
        case .complement:
            scores = [try apply(.subtract, try scalar(1, score.element, node), score, node), score]
        case .mirror: scores = [try apply(.negate, score, node), score]
        case .logistic:
            let mirrored = try apply(.negate, score, node)
            scores = [try apply(.sigmoid, mirrored, node), try apply(.sigmoid, score, node)]
        }
        return [label, try concatenate(scores, 1, node)]
    }
}
