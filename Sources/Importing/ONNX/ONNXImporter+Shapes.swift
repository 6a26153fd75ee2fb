// SPDX-License-Identifier: Apache-2.0
import Models

/// Operators that move values and change none.
extension ONNXImporter {
    mutating func lowerShape(_ node: inout ONNXNodeReader) throws(ImportError) -> [ONNXValue]? {
        switch node.operation {
        case "Identity": return [try node.input(0)]
        case "Dropout":
            node.ignore("ratio", "seed")
            return [try node.input(0)]
        case "Constant": return [try constantValue(&node)]
        case "ConstantOfShape": return [try filled(&node)]
        case "Shape": return [try shape(&node)]
        case "Reshape": return [try reshape(&node)]
        case "Flatten": return [try flatten(&node)]
        case "Squeeze": return [try squeeze(&node)]
        case "Unsqueeze": return [try unsqueeze(&node)]
        case "Transpose": return [try transpose(&node)]
        case "Concat":
            guard let axis = try node.integer("axis") else { throw node.malformed("no axis") }
            return [try concatenate(try node.allInputs(), axis, node)]
        case "Slice": return [try slice(&node)]
        case "Split": return try split(&node)
        case "Gather": return [try gather(&node)]
        case "Expand": return [try expand(node)]
        case "Tile": return [try tile(node)]
        default: return nil
        }
    }

    /// The values at the indices, in a shape of their number.
    mutating func pick(
        _ value: ONNXValue, _ indices: [Int], _ shape: [Int], rowAxis: Int?,
        _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        let result = try add(.pick(indices), [value.node], node.place)
        let sources = value.sources.isEmpty ? [] : indices.map { value.sources[$0] }
        return ONNXValue(
            node: result, element: value.element, shape: shape, rowAxis: rowAxis,
            sources: sources)
    }

    /// Along one axis, the places in the order given.
    mutating func take(
        _ value: ONNXValue, _ places: [Int], axis: Int, _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        var shape = value.shape
        guard places != Array(0..<shape[axis]) else { return value }
        guard value.rowAxis != axis else { throw node.unsupported("mixing of rows") }
        shape[axis] = places.count
        let strides = TensorShape.strides(value.shape)
        var indices: [Int] = []
        _ = try TensorShape.checked(shape.map { Int64($0) }, node.place)
        TensorShape.forEach(shape) { coordinates in
            var index = 0
            for (dimension, coordinate) in coordinates.enumerated() {
                index += (dimension == axis ? places[coordinate] : coordinate) * strides[dimension]
            }
            indices.append(index)
        }
        return try pick(value, indices, shape, rowAxis: value.rowAxis, node)
    }

    func axis(
        _ axis: Int, of value: ONNXValue, _ node: ONNXNodeReader
    ) throws(ImportError) -> Int {
        guard let index = value.axis(axis) else {
            throw node.malformed("axis \(axis) of \(value.shape.count)")
        }
        return index
    }

    private mutating func constantValue(
        _ node: inout ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        if let tensor = try node.tensor("value") {
            return try constant(try tensor.contents(), node.place)
        }
        if let value = try node.float("value_float") {
            return try constant([value], .float32, [], node.place)
        }
        if let values = try node.floats("value_floats") {
            return try constant(values, .float32, [values.count], node.place)
        }
        if let value = try node.integer("value_int") {
            return try constant([Double(value)], .int64, [], node.place)
        }
        if let values = try node.integers("value_ints") {
            return try constant(values.map { Double($0) }, .int64, [values.count], node.place)
        }
        throw node.unsupported("a value of this kind")
    }

    private mutating func filled(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        let dims = try integers(try node.input(0), node)
        let (shape, count) = try TensorShape.checked(dims.map { Int64($0) }, node.place)
        guard
            let contents = try node.tensor("value").map({ tensor throws(ImportError) in
                try tensor.contents()
            })
        else {
            return try constant(
                [Double](repeating: 0, count: count), .float32, shape, node.place)
        }
        guard contents.values.count == 1 else { throw node.malformed("not one value") }
        return try constant(
            [Double](repeating: contents.values[0], count: count), contents.element, shape,
            node.place)
    }

    /// The number of rows is 1, as it is when the graph is asked for one.
    private mutating func shape(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        let shape = try node.input(0).shape
        func bounded(_ index: Int) -> Int {
            min(max(index < 0 ? index + shape.count : index, 0), shape.count)
        }
        let start = bounded(try node.integer("start") ?? 0)
        let end = bounded(try node.integer("end") ?? shape.count)
        let extents = start < end ? shape[start..<end].map { Double($0) } : []
        return try constant(extents, .int64, [extents.count], node.place)
    }

    mutating func concatenate(
        _ values: [ONNXValue], _ axis: Int, _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        let first = values[0]
        let axis = try self.axis(axis, of: first, node)
        let rowAxis = values.compactMap(\.rowAxis).first
        var shape = first.shape
        shape[axis] = 0
        for value in values {
            guard value.element == first.element, value.shape.count == shape.count,
                value.shape.indices.allSatisfy({ $0 == axis || value.shape[$0] == shape[$0] })
            else { throw node.malformed("types or shapes that do not fit each other") }
            guard value.rowAxis == nil || value.rowAxis == rowAxis, rowAxis != axis else {
                throw node.unsupported("mixing of rows")
            }
            shape[axis] += value.shape[axis]
        }
        if values.count == 1 { return first }
        // Blocks of each input follow each other for every place of the axes before.
        let outer = shape[..<axis].reduce(1, *)
        var indices: [Int] = []
        for block in 0..<outer {
            var start = 0
            for value in values {
                let length = value.count / max(outer, 1)
                indices += start + block * length..<start + (block + 1) * length
                start += value.count
            }
        }
        let result = try add(.pick(indices), values.map(\.node), node.place)
        let sources = values.flatMap {
            $0.sources.isEmpty ? [Int?](repeating: nil, count: $0.count) : $0.sources
        }
        return ONNXValue(
            node: result, element: first.element, shape: shape, rowAxis: rowAxis,
            sources: indices.map { sources[$0] })
    }

    private mutating func transpose(
        _ node: inout ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        let value = try node.input(0)
        let order = try node.integers("perm") ?? Array(value.shape.indices.reversed())
        guard order.sorted() == Array(value.shape.indices) else {
            throw node.malformed("no permutation of the axes")
        }
        let strides = TensorShape.strides(value.shape)
        let shape = order.map { value.shape[$0] }
        var indices: [Int] = []
        TensorShape.forEach(shape) { coordinates in
            indices.append(zip(coordinates, order).reduce(0) { $0 + $1.0 * strides[$1.1] })
        }
        let rowAxis = value.rowAxis.flatMap { order.firstIndex(of: $0) }
        if indices == Array(0..<value.count) { return value.reshaped(shape, rowAxis: rowAxis) }
        return try pick(value, indices, shape, rowAxis: rowAxis, node)
    }

    private mutating func expand(_ node: ONNXNodeReader) throws(ImportError) -> ONNXValue {
        let value = try node.input(0)
        let dims = try integers(try node.input(1), node)
        let (target, _) = try TensorShape.checked(dims.map { Int64($0) }, node.place)
        let ones = try constant(
            [Double](repeating: 0, count: target.reduce(1, *)), value.element, target, node.place)
        let (_, shape, rowAxis) = try broadcast([value, ones], node)
        let result = try expanded(value, shape, node, evenSingle: true)
        return ONNXValue(node: result, element: value.element, shape: shape, rowAxis: rowAxis)
    }

    private mutating func tile(_ node: ONNXNodeReader) throws(ImportError) -> ONNXValue {
        var value = try node.input(0)
        let repeats = try integers(try node.input(1), node)
        guard repeats.count == value.shape.count, repeats.allSatisfy({ (1...4096).contains($0) })
        else { throw node.unsupported("such repeats") }
        for (axis, count) in repeats.enumerated() where count > 1 {
            let places = (0..<count).flatMap { _ in Array(0..<value.shape[axis]) }
            value = try take(value, places, axis: axis, node)
        }
        return value
    }
}
