// SPDX-License-Identifier: Apache-2.0
import Models

/// Dense layers and normalisations.
extension ONNXImporter {
    mutating func lowerLayer(_ node: inout ONNXNodeReader) throws(ImportError) -> [ONNXValue]? {
        switch node.operation {
        case "MatMul": return [try matrixProduct(try node.input(0), try node.input(1), node)]
        case "Gemm": return [try gemm(&node)]
        case "BatchNormalization": return [try batchNormalization(&node)]
        case "LayerNormalization": return [try layerNormalization(&node)]
        default: return nil
        }
    }

    /// Rows by weights: the left may depend on the row, the right is a constant of two axes.
    private mutating func matrixProduct(
        _ left: ONNXValue, _ right: ONNXValue, _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        guard let weights = builder.constant(right.node), (1...2).contains(right.shape.count),
            let inner = left.shape.last, left.rowAxis != left.shape.count - 1
        else { throw node.unsupported("a right factor that is no constant matrix") }
        guard inner == right.shape[0], left.element == right.element else {
            throw node.malformed("shapes or types that do not fit each other")
        }
        // A vector is a matrix of one column, which the result then has no axis for.
        let isVector = right.shape.count == 1
        let width = isVector ? 1 : right.shape[1]
        let product = try dense(
            left, weights.values, biases: [Double](repeating: 0, count: width), node)
        return isVector ? product.reshaped(left.shape.dropLast(), rowAxis: left.rowAxis) : product
    }

    /// The last axis by weights, inputs × outputs.
    mutating func dense(
        _ value: ONNXValue, _ weights: [Double], biases: [Double], _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        guard let inner = value.shape.last,
            let matrix = GraphMatrix(weights: weights, biases: biases, inputCount: inner)
        else {
            throw node.unsupported("weights: not as many as inputs and outputs, or not finite,")
        }
        let result = try add(.linear(matrix), [value.node], node.place)
        return ONNXValue(
            node: result, element: value.element, shape: value.shape.dropLast() + [biases.count],
            rowAxis: value.rowAxis)
    }

    /// `alpha · A · B + beta · C`.
    private mutating func gemm(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        try node.require("transA", 0, otherwise: 0)
        let transposes = try node.flag("transB", otherwise: false)
        let alpha = try node.float("alpha") ?? 1
        let beta = try node.float("beta") ?? 1
        let left = try node.input(0)
        let right = try node.input(1)
        guard var weights = builder.constant(right.node)?.values, right.shape.count == 2,
            left.shape.count == 2, left.rowAxis != 1
        else { throw node.unsupported("a right factor that is no constant matrix") }
        let (rows, columns) =
            transposes ? (right.shape[1], right.shape[0]) : (right.shape[0], right.shape[1])
        guard left.shape[1] == rows, left.element == right.element else {
            throw node.malformed("shapes or types that do not fit each other")
        }
        if transposes {
            let given = weights
            for row in 0..<rows {
                for column in 0..<columns {
                    weights[row * columns + column] = given[column * rows + row]
                }
            }
        }
        if alpha != 1 { weights = weights.map { left.element.rounded($0 * alpha) } }
        var biases = [Double](repeating: 0, count: columns)
        guard let bias = node.optionalInput(2) else {
            return try dense(left, weights, biases: biases, node)
        }
        // A bias for each output is the usual one and goes into the layer.
        if let values = builder.constant(bias.node)?.values, bias.element == left.element,
            bias.shape == [columns] || bias.shape == [1, columns] || values.count == 1
        {
            for column in 0..<columns {
                biases[column] = left.element.rounded(
                    beta * values[values.count == 1 ? 0 : column])
            }
            return try dense(left, weights, biases: biases, node)
        }
        let product = try dense(left, weights, biases: biases, node)
        return try apply(.add, product, try scaled(bias, beta, node), node)
    }

    /// As it was trained: the statistics are constants.
    private mutating func batchNormalization(
        _ node: inout ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        try node.require("training_mode", 0, otherwise: 0)
        try node.require("spatial", 1, otherwise: 1)
        node.ignore("momentum")
        let epsilon = try node.float("epsilon") ?? Double(Float(1e-5))
        let value = try node.input(0)
        guard value.shape.count == 2 else { throw node.unsupported("more than two axes") }
        let variance = try shifted(try node.input(4), epsilon, node)
        let centred = try apply(.subtract, value, try node.input(3), node)
        let deviation = try apply(.squareRoot, variance, node)
        let unit = try apply(.divide, centred, deviation, node)
        return try apply(
            .add, try apply(.multiply, unit, try node.input(1), node), try node.input(2), node)
    }

    private mutating func layerNormalization(
        _ node: inout ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        node.ignore("stash_type")
        let epsilon = try node.float("epsilon") ?? Double(Float(1e-5))
        let value = try node.input(0)
        let first = try axis(try node.integer("axis") ?? -1, of: value, node)
        let axes = Array(first..<value.shape.count)
        let mean = try reduce(value, .mean, axes: axes, keeps: true, node)
        let centred = try apply(.subtract, value, mean, node)
        let squares = try apply(.multiply, centred, centred, node)
        let variance = try reduce(squares, .mean, axes: axes, keeps: true, node)
        let deviation = try apply(.squareRoot, try shifted(variance, epsilon, node), node)
        let unit = try apply(.divide, centred, deviation, node)
        let weighted = try apply(.multiply, unit, try node.input(1), node)
        guard let bias = node.optionalInput(2) else { return weighted }
        return try apply(.add, weighted, bias, node)
    }
}
