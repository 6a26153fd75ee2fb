// SPDX-License-Identifier: Apache-2.0
import Models

/// Operators that make one value of many along some axes.
extension ONNXImporter {
    /// Done to each value before and to the result after.
    private struct Reduction {
        var before: GraphUnary?
        var squares = false
        let reduction: GraphReduction
        var after: GraphUnary?
    }

    private static let reductions: [String: Reduction] = [
        "ReduceL1": Reduction(before: .absolute, reduction: .sum),
        "ReduceL2": Reduction(squares: true, reduction: .sum, after: .squareRoot),
        "ReduceLogSum": Reduction(reduction: .sum, after: .logarithm),
        "ReduceLogSumExp": Reduction(reduction: .logSumExp),
        "ReduceMax": Reduction(reduction: .maximum), "ReduceMean": Reduction(reduction: .mean),
        "ReduceMin": Reduction(reduction: .minimum), "ReduceProd": Reduction(reduction: .product),
        "ReduceSum": Reduction(reduction: .sum),
        "ReduceSumSquare": Reduction(squares: true, reduction: .sum),
    ]

    mutating func lowerReduction(
        _ node: inout ONNXNodeReader
    ) throws(ImportError) -> [ONNXValue]? {
        if let reduction = Self.reductions[node.operation] {
            return [try reduce(reduction, &node)]
        }
        switch node.operation {
        case "ArgMax": return [try place(.argMaximum, &node)]
        case "ArgMin": return [try place(.argMinimum, &node)]
        case "Softmax": return [try softmax(&node)]
        case "LogSoftmax":
            return [try apply(.logarithm, try softmax(&node), node)]
        default: return nil
        }
    }

    private mutating func reduce(
        _ kind: Reduction, _ node: inout ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        var value = try node.input(0)
        let keeps = try node.flag("keepdims", otherwise: true)
        let isIdentity = try node.flag("noop_with_empty_axes", otherwise: false)
        var given = try node.integers("axes")
        if given == nil, let input = node.optionalInput(1) { given = try integers(input, node) }
        if (given ?? []).isEmpty, isIdentity { return value }
        let axes = (given ?? []).isEmpty ? Array(value.shape.indices) : given ?? []
        if let before = kind.before { value = try apply(before, value, node) }
        if kind.squares { value = try apply(.multiply, value, value, node) }
        let places = try axes.map { axis throws(ImportError) in try self.axis(axis, of: value, node)
        }
        var result = try reduce(value, kind.reduction, axes: places, keeps: keeps, node)
        if let after = kind.after { result = try apply(after, result, node) }
        return result
    }

    mutating func reduce(
        _ value: ONNXValue, _ reduction: GraphReduction, axes: [Int], keeps: Bool,
        _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        if let rowAxis = value.rowAxis, axes.contains(rowAxis) {
            throw node.unsupported("mixing of rows")
        }
        guard Set(axes).count == axes.count else { throw node.malformed("an axis occurs twice") }
        let kept = value.shape.indices.filter { !axes.contains($0) }
        let moved = try grouped(value, kept, axes.sorted(), node)
        let length = axes.reduce(1) { $0 * value.shape[$1] }
        let result = try add(.reduce(reduction, length: length), [moved], node.place)
        let shape =
            keeps
            ? value.shape.enumerated().map { axes.contains($0) ? 1 : $1 }
            : kept.map { value.shape[$0] }
        return ONNXValue(
            node: result, element: builder.type(result).element, shape: shape,
            rowAxis: keeps ? value.rowAxis : value.rowAxis.flatMap { kept.firstIndex(of: $0) })
    }

    /// The value's node with some axes behind all others, so that groups are adjacent.
    private mutating func grouped(
        _ value: ONNXValue, _ kept: [Int], _ axes: [Int], _ node: ONNXNodeReader
    ) throws(ImportError) -> Int {
        let indices = Self.grouping(value.shape, kept, axes)
        guard indices != Array(0..<value.count) else { return value.node }
        return try add(.pick(indices), [value.node], node.place)
    }

    private static func grouping(_ shape: [Int], _ kept: [Int], _ axes: [Int]) -> [Int] {
        let order = kept + axes
        let strides = TensorShape.strides(shape)
        var indices: [Int] = []
        TensorShape.forEach(order.map { shape[$0] }) { coordinates in
            indices.append(zip(coordinates, order).reduce(0) { $0 + $1.0 * strides[$1.1] })
        }
        return indices
    }

    private mutating func place(
        _ reduction: GraphReduction, _ node: inout ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        try node.require("select_last_index", 0, otherwise: 0)
        let value = try node.input(0)
        let axis = try self.axis(try node.integer("axis") ?? 0, of: value, node)
        let keeps = try node.flag("keepdims", otherwise: true)
        var result = try reduce(value, reduction, axes: [axis], keeps: keeps, node)
        if result.count == 1 {
            result.classes = ONNXClasses(
                node: result.node, labels: (0..<value.shape[axis]).map { "\($0)" },
                isLeast: reduction == .argMinimum)
        }
        return result
    }

    /// Up to version 12 all axes from the given one on are one.
    private mutating func softmax(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        let value = try node.input(0)
        let isOld = node.version < 13
        let first = try self.axis(try node.integer("axis") ?? (isOld ? 1 : -1), of: value, node)
        let axes = isOld ? Array(first..<value.shape.count) : [first]
        if let rowAxis = value.rowAxis, axes.contains(rowAxis) {
            throw node.unsupported("mixing of rows")
        }
        let kept = value.shape.indices.filter { !axes.contains($0) }
        let moved = try grouped(value, kept, axes, node)
        let length = axes.reduce(1) { $0 * value.shape[$1] }
        var result = try add(.softmax(length: length), [moved], node.place)
        let indices = Self.grouping(value.shape, kept, axes)
        if indices != Array(0..<value.count) {
            var inverse = indices
            for (place, index) in indices.enumerated() { inverse[index] = place }
            result = try add(.pick(inverse), [result], node.place)
        }
        return ONNXValue(
            node: result, element: value.element, shape: value.shape, rowAxis: value.rowAxis)
    }
}
