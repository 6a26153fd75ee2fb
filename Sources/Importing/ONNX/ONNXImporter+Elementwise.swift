// SPDX-License-Identifier: Apache-2.0
import Models

/// Operators on each value alone or on pairs of them, which broadcast as NumPy's do.
extension ONNXImporter {
    private static let unary: [String: GraphUnary] = [
        "Abs": .absolute, "Ceil": .ceiling, "Cos": .cosine, "Erf": .errorFunction,
        "Exp": .exponential, "Floor": .floor, "IsInf": .isInfinite, "IsNaN": .isNaN,
        "Log": .logarithm, "Neg": .negate, "Not": .not, "Reciprocal": .reciprocal, "Relu": .relu,
        "Round": .round, "Sigmoid": .sigmoid, "Sign": .sign, "Sin": .sine,
        "Softplus": .softplus, "Sqrt": .squareRoot, "Tanh": .tanh,
    ]

    private static let binary: [String: GraphBinary] = [
        "Add": .add, "And": .and, "Div": .divide, "Equal": .equal, "Less": .less,
        "LessOrEqual": .lessOrEqual, "Mul": .multiply, "Or": .or, "Pow": .power, "Sub": .subtract,
        "Xor": .xor,
    ]

    /// Of any number of inputs.
    private static let variadic: [String: GraphBinary] = [
        "Max": .maximum, "Mean": .add, "Min": .minimum, "Sum": .add,
    ]

    mutating func lowerElementwise(
        _ node: inout ONNXNodeReader
    ) throws(ImportError) -> [ONNXValue]? {
        if let function = Self.unary[node.operation] {
            if function == .isInfinite {
                try node.require("detect_negative", 1, otherwise: 1)
                try node.require("detect_positive", 1, otherwise: 1)
            }
            return [try apply(function, try node.input(0), node)]
        }
        if let function = Self.binary[node.operation] {
            let left = try node.input(0)
            var right = try node.input(1)
            if function == .power { right = try cast(right, left.element, node) }
            noteStrings(left, right)
            return [try apply(function, left, right, node)]
        }
        if let function = Self.variadic[node.operation] {
            return [try combine(function, node)]
        }
        switch node.operation {
        // `a > b` is `b < a`, for NaN as well.
        case "Greater": return [try apply(.less, try node.input(1), try node.input(0), node)]
        case "GreaterOrEqual":
            return [try apply(.lessOrEqual, try node.input(1), try node.input(0), node)]
        case "Where": return [try choose(node)]
        case "Clip": return [try clip(&node)]
        case "Cast": return [try cast(&node)]
        default: return try lowerActivation(&node)
        }
    }

    private mutating func lowerActivation(
        _ node: inout ONNXNodeReader
    ) throws(ImportError) -> [ONNXValue]? {
        switch node.operation {
        case "LeakyRelu":
            let slope = try node.float("alpha") ?? 0.01
            let input = try node.input(0)
            return [try negativePart(input, try scaled(input, slope, node), node)]
        case "Elu":
            let slope = try node.float("alpha") ?? 1
            let input = try node.input(0)
            let below = try shifted(try apply(.exponential, input, node), -1, node)
            return [try negativePart(input, try scaled(below, slope, node), node)]
        case "Selu":
            let slope = try node.float("alpha") ?? Double(Float(1.67326319))
            let gain = try node.float("gamma") ?? Double(Float(1.05070102))
            let input = try node.input(0)
            let below = try shifted(try apply(.exponential, input, node), -1, node)
            let both = try negativePart(input, try scaled(below, slope, node), node)
            return [try scaled(both, gain, node)]
        case "Gelu":
            guard (try node.string("approximate") ?? "none") == "none" else {
                throw node.unsupported("attribute approximate")
            }
            let input = try node.input(0)
            let argument = try scaled(input, 0.5.squareRoot(), node)
            let gate = try shifted(try apply(.errorFunction, argument, node), 1, node)
            return [try scaled(try apply(.multiply, input, gate, node), 0.5, node)]
        case "HardSigmoid":
            let slope = try node.float("alpha") ?? Double(Float(0.2))
            let offset = try node.float("beta") ?? 0.5
            let line = try shifted(try scaled(try node.input(0), slope, node), offset, node)
            let least = try scalar(0, line.element, node)
            let most = try scalar(1, line.element, node)
            return [try apply(.minimum, try apply(.maximum, line, least, node), most, node)]
        default: return nil
        }
    }

    /// The value, or another where it is negative.
    private mutating func negativePart(
        _ value: ONNXValue, _ below: ONNXValue, _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        let isNegative = try apply(.less, value, try scalar(0, value.element, node), node)
        return try select(isNegative, below, value, node)
    }

    mutating func scalar(
        _ value: Double, _ element: GraphElement, _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        try constant([element.rounded(value)], element, [], node.place)
    }

    mutating func scaled(
        _ value: ONNXValue, _ factor: Double, _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        try apply(.multiply, value, try scalar(factor, value.element, node), node)
    }

    mutating func shifted(
        _ value: ONNXValue, _ term: Double, _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        try apply(.add, value, try scalar(term, value.element, node), node)
    }

    mutating func apply(
        _ function: GraphUnary, _ input: ONNXValue, _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        let result = try add(.unary(function), [input.node], node.place)
        return ONNXValue(
            node: result, element: builder.type(result).element, shape: input.shape,
            rowAxis: input.rowAxis)
    }

    mutating func apply(
        _ function: GraphBinary, _ left: ONNXValue, _ right: ONNXValue, _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        let (inputs, shape, rowAxis) = try broadcast([left, right], node)
        let result = try add(.binary(function), inputs, node.place)
        return ONNXValue(
            node: result, element: builder.type(result).element, shape: shape, rowAxis: rowAxis)
    }

    mutating func select(
        _ condition: ONNXValue, _ positive: ONNXValue, _ negative: ONNXValue,
        _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        let (inputs, shape, rowAxis) = try broadcast([condition, positive, negative], node)
        let result = try add(.select, inputs, node.place)
        return ONNXValue(
            node: result, element: positive.element, shape: shape, rowAxis: rowAxis)
    }

    private mutating func choose(_ node: ONNXNodeReader) throws(ImportError) -> ONNXValue {
        // Which of two strings a label is would be lost.
        guard try node.input(1).element != .string else {
            throw node.unsupported("strings as inputs")
        }
        return try select(try node.input(0), try node.input(1), try node.input(2), node)
    }

    private mutating func combine(
        _ function: GraphBinary, _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        let inputs = try node.allInputs()
        var result = inputs[0]
        for input in inputs.dropFirst() { result = try apply(function, result, input, node) }
        guard node.operation == "Mean" else { return result }
        let count = try scalar(Double(inputs.count), result.element, node)
        return try apply(.divide, result, count, node)
    }

    /// Bounds are attributes up to version 10.
    private mutating func clip(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        var result = try node.input(0)
        let least = try node.float("min")
        let most = try node.float("max")
        let bounds = [
            try least.map { bound throws(ImportError) in try scalar(bound, result.element, node) }
                ?? node.optionalInput(1),
            try most.map { bound throws(ImportError) in try scalar(bound, result.element, node) }
                ?? node.optionalInput(2),
        ]
        if let bound = bounds[0] { result = try apply(.maximum, result, bound, node) }
        if let bound = bounds[1] { result = try apply(.minimum, result, bound, node) }
        return result
    }

    private mutating func cast(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        node.ignore("saturate", "round_mode")
        let input = try node.input(0)
        let number = try node.integer("to") ?? 0
        guard let type = Int32(exactly: number).flatMap({ ONNXElement(rawValue: $0) }) else {
            throw node.unsupported("element type \(number)")
        }
        // A label's text is kept beside it; nothing else is ever written as text here.
        if let classes = input.classes, type == .string || input.element == .string {
            var value = ONNXValue(
                node: input.node, element: type.element, shape: input.shape,
                rowAxis: input.rowAxis)
            value.classes = classes
            return value
        }
        return try cast(input, type.element, node)
    }

    mutating func cast(
        _ input: ONNXValue, _ element: GraphElement, _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        if input.element == element { return input }
        var value = ONNXValue(
            node: try add(.cast(element), [input.node], node.place), element: element,
            shape: input.shape, rowAxis: input.rowAxis, sources: input.sources)
        value.classes = input.classes
        return value
    }

    /// A category that is compared with strings must be told from others by them.
    private mutating func noteStrings(_ left: ONNXValue, _ right: ONNXValue) {
        guard left.element == .string, right.element == .string else { return }
        for (value, other) in [(left, right), (right, left)] {
            guard let tensor = builder.constant(other.node) else { continue }
            for case let feature? in value.sources {
                builder.note(strings: tensor.values.map { Int($0) }, of: feature)
            }
        }
    }
}

/// Broadcasting.
extension ONNXImporter {
    /// Brings inputs to one shape, where each has as many values or one.
    mutating func broadcast(
        _ values: [ONNXValue], _ node: ONNXNodeReader
    ) throws(ImportError) -> (nodes: [Int], shape: [Int], rowAxis: Int?) {
        let rank = values.map(\.shape.count).max() ?? 0
        var shape = [Int](repeating: 1, count: rank)
        var rowAxis: Int?
        for value in values {
            let offset = rank - value.shape.count
            for (axis, extent) in value.shape.enumerated() where extent != 1 {
                guard shape[offset + axis] == 1 || shape[offset + axis] == extent else {
                    throw node.malformed("shapes that do not broadcast")
                }
                shape[offset + axis] = extent
            }
            guard let axis = value.rowAxis else { continue }
            guard rowAxis == nil || rowAxis == offset + axis else {
                throw node.unsupported("mixing of rows")
            }
            rowAxis = offset + axis
        }
        // Whatever is longer there would go along the rows.
        guard rowAxis.map({ shape[$0] == 1 }) ?? true else {
            throw node.unsupported("mixing of rows")
        }
        var nodes: [Int] = []
        for value in values { nodes.append(try expanded(value, shape, node)) }
        return (nodes, shape, rowAxis)
    }

    /// The node of a value as it stands in a larger shape; of a single value, that one.
    mutating func expanded(
        _ value: ONNXValue, _ shape: [Int], _ node: ONNXNodeReader, evenSingle: Bool = false
    ) throws(ImportError) -> Int {
        let (_, count) = try TensorShape.checked(shape.map { Int64($0) }, node.place)
        if value.count == count || value.count == 1 && !evenSingle { return value.node }
        let offset = shape.count - value.shape.count
        let strides = TensorShape.strides(value.shape)
        var indices: [Int] = []
        indices.reserveCapacity(count)
        TensorShape.forEach(shape) { coordinates in
            var index = 0
            for axis in value.shape.indices where value.shape[axis] != 1 {
                index += coordinates[offset + axis] * strides[axis]
            }
            indices.append(index)
        }
        return try add(.pick(indices), [value.node], node.place)
    }
}
