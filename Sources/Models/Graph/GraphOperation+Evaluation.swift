// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Computing an operation whose inputs stand in `values`.
extension GraphOperation {
    /// - Precondition: the places are those of inputs that the operation takes, and of its result.
    func evaluate(
        _ inputs: [GraphPlace], into output: GraphPlace, _ values: inout MutableSpan<Double>
    ) {
        switch self {
        case .numbers, .categories, .constant: break
        case .pick(let indices):
            for (offset, source) in Self.pickedPlaces(indices, inputs).enumerated() {
                values[output.start + offset] = values[source]
            }
        case .cast:
            let element = output.type.element
            Self.map(inputs[0], output, &values) { element.rounded($0) }
        case .unary(let function): Self.apply(function, inputs[0], output, &values)
        case .binary(let function): Self.apply(function, inputs, output, &values)
        case .select:
            for index in 0..<output.count {
                let condition = values[inputs[0].start + index * inputs[0].stride]
                let chosen = condition != 0 ? inputs[1] : inputs[2]
                values[output.start + index] = values[chosen.start + index * chosen.stride]
            }
        case .linear(let matrix): Self.multiply(matrix, inputs[0], output, &values)
        case .reduce(let reduction, let length):
            for group in 0..<output.count {
                let start = inputs[0].start + group * length
                values[output.start + group] = output.type.element.rounded(
                    reduction.value(values.span.extracting(start..<start + length)))
            }
        case .softmax(let length): Self.softmax(length, inputs[0], output, &values)
        case .lookup(let table): Self.map(inputs[0], output, &values) { table.value($0) }
        case .trees(let model): Self.sum(model, inputs[0], output, &values)
        }
    }

    @inline(__always)
    private static func map(
        _ input: GraphPlace, _ output: GraphPlace, _ values: inout MutableSpan<Double>,
        _ function: (Double) -> Double
    ) {
        for index in 0..<output.count {
            values[output.start + index] = function(values[input.start + index])
        }
    }

    /// One loop for floats, as they are what is many.
    private static func apply(
        _ function: GraphUnary, _ input: GraphPlace, _ output: GraphPlace,
        _ values: inout MutableSpan<Double>
    ) {
        let element = output.type.element
        if element == .float32 {
            map(input, output, &values) { Double(Float(function.value($0))) }
        } else {
            map(input, output, &values) { element.rounded(function.value($0)) }
        }
    }

    private static func apply(
        _ function: GraphBinary, _ inputs: [GraphPlace], _ output: GraphPlace,
        _ values: inout MutableSpan<Double>
    ) {
        let (left, right) = (inputs[0], inputs[1])
        let element = output.type.element
        for index in 0..<output.count {
            let value = function.value(
                values[left.start + index * left.stride], values[right.start + index * right.stride]
            )
            values[output.start + index] =
                element == .float32 ? Double(Float(value)) : element.rounded(value)
        }
    }

    /// Where the values that a pick gives stand: found once, whatever the order of its indices.
    static func pickedPlaces(_ indices: [Int], _ inputs: [GraphPlace]) -> [Int] {
        // How many values are before each input's.
        var counts = [0]
        for input in inputs { counts.append(counts[counts.count - 1] + input.count) }
        return indices.map { index in
            var low = 0
            var high = inputs.count
            // The last input that begins at or before the index; none is empty.
            while high - low > 1 {
                let middle = (low + high) / 2
                if counts[middle] <= index { low = middle } else { high = middle }
            }
            return inputs[low].start + index - counts[low]
        }
    }

    /// Sums in double, rounded once. Inputs of 0 are skipped: most are, behind one-hot encoders.
    private static func multiply(
        _ matrix: GraphMatrix, _ input: GraphPlace, _ output: GraphPlace,
        _ values: inout MutableSpan<Double>
    ) {
        let width = matrix.outputCount
        let weights = matrix.weights.span
        for row in 0..<input.count / matrix.inputCount {
            let start = output.start + row * width
            for column in 0..<width { values[start + column] = matrix.biases[column] }
            for index in 0..<matrix.inputCount {
                let value = values[input.start + row * matrix.inputCount + index]
                if value == 0 { continue }
                for column in 0..<width {
                    values[start + column] += value * weights[index * width + column]
                }
            }
        }
        for index in output.range { values[index] = output.type.element.rounded(values[index]) }
    }

    private static func softmax(
        _ length: Int, _ input: GraphPlace, _ output: GraphPlace,
        _ values: inout MutableSpan<Double>
    ) {
        for group in 0..<output.count / length {
            let from = input.start + group * length
            let into = output.start + group * length
            var largest = -Double.infinity
            for index in 0..<length { largest = max(largest, values[from + index]) }
            var sum = 0.0
            for index in 0..<length {
                let term = exp(values[from + index] - largest)
                values[into + index] = term
                sum += term
            }
            for index in into..<into + length {
                values[index] = output.type.element.rounded(values[index] / sum)
            }
        }
    }

    private static func sum(
        _ model: TreesModel, _ input: GraphPlace, _ output: GraphPlace,
        _ values: inout MutableSpan<Double>
    ) {
        let aggregation = model.aggregation
        for margin in 0..<output.count { values[output.start + margin] = aggregation.start[margin] }
        for tree in model.trees {
            let leaf = tree.leaf(of: values.span.extracting(input.range))
            let width = tree.leafWidth
            for index in 0..<width {
                let place = output.start + tree.firstMargin + index
                values[place] = aggregation.precision.rounded(
                    values[place] + tree.leafValues[leaf * width + index])
            }
        }
        for margin in 0..<output.count {
            let place = output.start + margin
            values[place] = Double(Float(aggregation.finished(values[place], margin: margin)))
        }
    }
}

extension GraphReduction {
    /// - Precondition: there is a value.
    fileprivate func value(_ values: Span<Double>) -> Double {
        switch self {
        case .sum, .mean:
            var sum = 0.0
            for index in values.indices { sum += values[index] }
            return self == .mean ? sum / Double(values.count) : sum
        case .product:
            var product = 1.0
            for index in values.indices { product *= values[index] }
            return product
        case .minimum: return Self.extreme(values, .minimum)
        case .maximum: return Self.extreme(values, .maximum)
        case .logSumExp:
            let largest = Self.extreme(values, .maximum)
            guard largest.isFinite else { return largest }
            var sum = 0.0
            for index in values.indices { sum += exp(values[index] - largest) }
            return largest + log(sum)
        case .argMaximum, .argMinimum:
            var best = 0
            for index in values.indices.dropFirst() {
                let isBetter =
                    self == .argMaximum
                    ? values[index] > values[best] : values[index] < values[best]
                if isBetter { best = index }
            }
            return Double(best)
        }
    }

    private static func extreme(_ values: Span<Double>, _ function: GraphBinary) -> Double {
        var extreme = values[0]
        for index in values.indices.dropFirst() {
            extreme = function.value(extreme, values[index])
        }
        return extreme
    }
}

extension GraphOperation {
    /// The result for inputs that are known, so that a node can be a constant.
    ///
    /// - Returns: `nil` when the operation does not take them, needs a row, or gives too much.
    package func folded(_ inputs: [GraphTensor]) -> GraphTensor? {
        guard !inputs.isEmpty, let type = type(of: inputs.map(\.type)),
            type.count <= GraphTensor.countMax
        else { return nil }
        var values: [Double] = []
        var places: [GraphPlace] = []
        for input in inputs {
            places.append(GraphPlace(start: values.count, type: input.type))
            values += input.values
        }
        let output = GraphPlace(start: values.count, type: type)
        values += [Double](repeating: 0, count: type.count)
        var span = values.mutableSpan
        evaluate(places, into: output, &span)
        return GraphTensor(unchecked: type.element, Array(values[output.range]))
    }
}
