// SPDX-License-Identifier: Apache-2.0

/// What a node of a graph computes of its inputs.
///
/// A small closed set: other formats' many operators are said with these when they are imported.
/// Shapes are gone by then; a value is a list, and what broadcasting, transposition, slicing or
/// concatenation would do is a `pick`.
package enum GraphOperation: Equatable, Sendable {
    /// The row's numbers from a feature on, as this type.
    case numbers(first: Int, GraphType)
    /// The row's categories from a feature on: for each, the string that each code stands for.
    case categories(first: Int, [[Double]])
    case constant(GraphTensor)
    /// The inputs one after the other, and of these the values at the indices.
    case pick([Int])
    case cast(GraphElement)
    case unary(GraphUnary)
    /// Of two equally long inputs, or of one whose single value goes with each of the other's.
    case binary(GraphBinary)
    /// The second input's value where the first is true, else the third's.
    case select
    case linear(GraphMatrix)
    /// Over groups of so many adjacent values.
    case reduce(GraphReduction, length: Int)
    /// `exp(x - max)` over its sum, in groups of so many adjacent values.
    case softmax(length: Int)
    case lookup(GraphTable)
    /// The margins of an ensemble that the input is the row of; `float32`.
    case trees(TreesModel)
}

/// Weights of a dense layer; finite.
package struct GraphMatrix: Equatable, Sendable {
    /// Inputs × outputs, row-major.
    let weights: [Double]
    let biases: [Double]
    let inputCount: Int

    var outputCount: Int { biases.count }

    package init?(weights: [Double], biases: [Double], inputCount: Int) {
        let (product, overflow) = biases.count.multipliedReportingOverflow(by: inputCount)
        guard !biases.isEmpty, inputCount > 0, !overflow, product == weights.count,
            weights.allSatisfy(\.isFinite), biases.allSatisfy(\.isFinite)
        else { return nil }
        self.weights = weights
        self.biases = biases
        self.inputCount = inputCount
    }
}

/// A finite map of values to values.
package struct GraphTable: Equatable, Sendable {
    /// Strictly rising.
    let keys: [Double]
    let values: [Double]
    let missing: Double
    let otherwise: Double
    let element: GraphElement

    /// - Parameters:
    ///   - entries: in any order; of equal keys the first counts. A NaN key is that of NaN.
    ///   - otherwise: for every other key.
    /// - Returns: `nil` when a value is not of the element type.
    package init?(
        _ entries: [(key: Double, value: Double)], otherwise: Double, element: GraphElement
    ) {
        let missing = entries.first { $0.key.isNaN }?.value ?? otherwise
        // Sorting is stable.
        let sorted = entries.filter { !$0.key.isNaN }.sorted { $0.key < $1.key }
        var keys: [Double] = []
        var values: [Double] = []
        for (key, value) in sorted where keys.last != key {
            keys.append(key)
            values.append(value)
        }
        guard GraphTensor(element, values + [missing, otherwise]) != nil else { return nil }
        self.keys = keys
        self.values = values
        self.missing = missing
        self.otherwise = otherwise
        self.element = element
    }

    /// - Complexity: O(log keys).
    func value(_ key: Double) -> Double {
        guard !key.isNaN else { return missing }
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low < keys.count && keys[low] == key ? values[low] : otherwise
    }

    package static func == (left: Self, right: Self) -> Bool {
        func isSame(_ left: Double, _ right: Double) -> Bool {
            left.bitPattern == right.bitPattern
        }
        return left.keys == right.keys && left.element == right.element
            && left.values.elementsEqual(right.values, by: isSame)
            && isSame(left.missing, right.missing) && isSame(left.otherwise, right.otherwise)
    }
}

/// Types.
extension GraphOperation {
    /// What the operation gives; `nil` when the inputs are not such as it takes.
    package func type(of inputs: [GraphType]) -> GraphType? {
        switch self {
        case .numbers(let first, let type):
            inputs.isEmpty && first >= 0 && type.count > 0 && type.element.isNumber ? type : nil
        case .categories(let first, let tables):
            inputs.isEmpty && first >= 0 && !tables.isEmpty
                ? GraphType(.string, tables.count) : nil
        case .constant(let tensor): inputs.isEmpty ? tensor.type : nil
        case .pick(let indices): Self.picked(indices, of: inputs)
        case .select: Self.selected(inputs)
        case .binary(let function): Self.paired(function, inputs)
        default: inputs.count == 1 ? type(of: inputs[0]) : nil
        }
    }

    private func type(of input: GraphType) -> GraphType? {
        switch self {
        case .cast(let element):
            element == input.element || element != .string && input.element != .string
                ? GraphType(element, input.count) : nil
        case .unary(let function):
            function.element(of: input.element).map { GraphType($0, input.count) }
        case .reduce(let reduction, let length):
            length > 0 && input.count.isMultiple(of: length)
                ? reduction.element(of: input.element).map { GraphType($0, input.count / length) }
                : nil
        case .softmax(let length):
            length > 0 && input.count.isMultiple(of: length) && input.element.isFloat ? input : nil
        case .linear(let matrix):
            input.element.isFloat && input.count.isMultiple(of: matrix.inputCount)
                ? GraphType(input.element, input.count / matrix.inputCount * matrix.outputCount)
                : nil
        case .lookup(let table): GraphType(table.element, input.count)
        case .trees(let model):
            input.element.isFloat && input.count == model.featureCount
                ? GraphType(.float32, model.outputCount) : nil
        case .numbers, .categories, .constant, .pick, .binary, .select: nil
        }
    }

    private static func picked(_ indices: [Int], of inputs: [GraphType]) -> GraphType? {
        guard let element = inputs.first?.element, inputs.allSatisfy({ $0.element == element })
        else { return nil }
        // No overflow, though an input may be named again and again: each has at most 2^20 values.
        let count = inputs.reduce(0) { $0 + $1.count }
        guard indices.allSatisfy({ $0 >= 0 && $0 < count }) else { return nil }
        return GraphType(element, indices.count)
    }

    private static func paired(_ function: GraphBinary, _ inputs: [GraphType]) -> GraphType? {
        guard inputs.count == 2, inputs[0].element == inputs[1].element,
            let count = count(inputs), let element = function.element(of: inputs[0].element)
        else { return nil }
        return GraphType(element, count)
    }

    private static func selected(_ inputs: [GraphType]) -> GraphType? {
        guard inputs.count == 3, inputs[0].element == .boolean,
            inputs[1].element == inputs[2].element, let count = count(inputs)
        else { return nil }
        return GraphType(inputs[1].element, count)
    }

    /// That of all inputs which have more than one value.
    private static func count(_ inputs: [GraphType]) -> Int? {
        guard let count = inputs.map(\.count).first(where: { $0 != 1 }) else { return 1 }
        return inputs.allSatisfy { $0.count == 1 || $0.count == count } ? count : nil
    }
}
