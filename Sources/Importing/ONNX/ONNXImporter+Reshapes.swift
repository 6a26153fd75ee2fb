// SPDX-License-Identifier: Apache-2.0
import Models

/// Operators that only shape anew, and those that take parts.
extension ONNXImporter {
    /// `0` copies an extent and `-1` is what remains. Either may stand for the rows.
    mutating func reshape(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        try node.require("allowzero", 0, otherwise: 0)
        let value = try node.input(0)
        var target = try integers(try node.input(1), node)
        guard target.count <= 8, target.allSatisfy({ $0 >= -1 && $0 <= GraphTensor.countMax }),
            target.filter({ $0 == -1 }).count <= 1
        else { throw node.malformed("no shape") }
        let copiesRows = value.rowAxis.map { $0 < target.count && target[$0] == 0 } ?? false
        for (axis, extent) in target.enumerated() where extent == 0 {
            guard axis < value.shape.count else { throw node.malformed("no axis \(axis) to copy") }
            target[axis] = value.shape[axis]
        }
        let rest = target.firstIndex(of: -1)
        if let rest {
            let (_, others) = try TensorShape.checked(
                target.filter { $0 != -1 }.map { Int64($0) }, node.place)
            guard others > 0, value.count.isMultiple(of: others) else {
                throw node.malformed("a shape of another number of values")
            }
            target[rest] = value.count / others
        }
        guard try TensorShape.checked(target.map { Int64($0) }, node.place).count == value.count
        else { throw node.malformed("a shape of another number of values") }
        guard let rowAxis = value.rowAxis else { return value.reshaped(target, rowAxis: nil) }
        // Rows stay apart only if what stands before them, before and after, is one.
        let axis: Int? =
            if copiesRows { rowAxis } else if let rest, target[rest] == 1 { rest } else {
                rest == nil || hasFixedRow ? 0 : nil
            }
        guard let axis, axis < target.count, target[...axis].allSatisfy({ $0 == 1 }),
            value.shape[...rowAxis].allSatisfy({ $0 == 1 })
        else { throw node.unsupported("mixing of rows") }
        return value.reshaped(target, rowAxis: axis)
    }

    mutating func flatten(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        let value = try node.input(0)
        var axis = try node.integer("axis") ?? 1
        if axis < 0 { axis += value.shape.count }
        guard (0...value.shape.count).contains(axis) else { throw node.malformed("no such axis") }
        let shape = [
            value.shape[..<axis].reduce(1, *), value.shape[axis...].reduce(1, *),
        ]
        guard let rowAxis = value.rowAxis else { return value.reshaped(shape, rowAxis: nil) }
        guard rowAxis < axis, shape[0] == 1 else { throw node.unsupported("mixing of rows") }
        return value.reshaped(shape, rowAxis: 0)
    }

    /// Axes are an attribute up to version 12.
    private func axes(_ node: inout ONNXNodeReader) throws(ImportError) -> [Int]? {
        if let axes = try node.integers("axes") { return axes }
        return try node.optionalInput(1).map { input throws(ImportError) in
            try integers(input, node)
        }
    }

    mutating func squeeze(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        let value = try node.input(0)
        guard let given = try axes(&node) else {
            throw node.unsupported("an unnamed axis")
        }
        let axes = try given.map { axis throws(ImportError) in try self.axis(axis, of: value, node)
        }
        guard axes.allSatisfy({ value.shape[$0] == 1 }) else {
            throw node.malformed("an axis with more than one place")
        }
        let kept = value.shape.indices.filter { !axes.contains($0) }
        if let rowAxis = value.rowAxis, !kept.contains(rowAxis), !hasFixedRow {
            throw node.unsupported("mixing of rows")
        }
        return value.reshaped(
            kept.map { value.shape[$0] }, rowAxis: value.rowAxis.flatMap { kept.firstIndex(of: $0) }
        )
    }

    mutating func unsqueeze(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        let value = try node.input(0)
        guard let given = try axes(&node) else { throw node.malformed("no axes") }
        let rank = value.shape.count + given.count
        let axes = given.map { $0 < 0 ? $0 + rank : $0 }
        guard rank <= 8, Set(axes).count == axes.count, axes.allSatisfy((0..<rank).contains) else {
            throw node.malformed("no such axes")
        }
        var shape: [Int] = []
        var rowAxis: Int?
        var next = 0
        for axis in 0..<rank {
            if axes.contains(axis) {
                shape.append(1)
            } else {
                if value.rowAxis == next { rowAxis = axis }
                shape.append(value.shape[next])
                next += 1
            }
        }
        return value.reshaped(shape, rowAxis: rowAxis)
    }

    /// Parts are attributes up to version 9.
    mutating func slice(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        var value = try node.input(0)
        func part(_ name: String, _ index: Int) throws(ImportError) -> [Int]? {
            if let part = try node.integers(name) { return part }
            return try node.optionalInput(index).map { input throws(ImportError) in
                try integers(input, node)
            }
        }
        guard let starts = try part("starts", 1), let ends = try part("ends", 2) else {
            throw node.malformed("no starts or ends")
        }
        let axes = try part("axes", 3) ?? Array(starts.indices)
        let steps = try part("steps", 4) ?? [Int](repeating: 1, count: starts.count)
        guard ends.count == starts.count, axes.count == starts.count, steps.count == starts.count
        else { throw node.malformed("not as many ends, axes or steps as starts") }
        for (index, given) in axes.enumerated() {
            let axis = try self.axis(given, of: value, node)
            let extent = value.shape[axis]
            let step = steps[index]
            let isWhole = starts[index] == 0 && ends[index] > GraphTensor.countMax && step == 1
            guard axis != value.rowAxis || isWhole || hasFixedRow else {
                throw node.unsupported("mixing of rows")
            }
            guard step != 0, abs(step) <= GraphTensor.countMax else {
                throw node.malformed("such a step")
            }
            func bounded(_ bound: Int, _ range: ClosedRange<Int>) -> Int {
                min(max(bound < 0 ? bound + extent : bound, range.lowerBound), range.upperBound)
            }
            let range = step > 0 ? 0...extent : -1...extent - 1
            let places = Array(
                stride(
                    from: bounded(starts[index], step > 0 ? range : 0...max(extent - 1, 0)),
                    to: bounded(ends[index], range), by: step))
            value = try take(value, places, axis: axis, node)
        }
        return value
    }

    mutating func split(_ node: inout ONNXNodeReader) throws(ImportError) -> [ONNXValue] {
        let value = try node.input(0)
        let axis = try self.axis(try node.integer("axis") ?? 0, of: value, node)
        node.ignore("num_outputs")
        let extent = value.shape[axis]
        var lengths = try node.integers("split")
        if lengths == nil, let input = node.optionalInput(1) { lengths = try integers(input, node) }
        let even = (extent + node.outputCount - 1) / max(node.outputCount, 1)
        let parts =
            lengths ?? (0..<node.outputCount).map { min(even, max(0, extent - $0 * even)) }
        guard parts.allSatisfy({ $0 > 0 && $0 <= extent }), parts.count <= extent,
            parts.reduce(0, +) == extent
        else { throw node.malformed("parts that are not the whole") }
        var results: [ONNXValue] = []
        var start = 0
        for length in parts {
            results.append(try take(value, Array(start..<start + length), axis: axis, node))
            start += length
        }
        return results
    }

    mutating func gather(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        let value = try node.input(0)
        let indices = try node.input(1)
        let axis = try self.axis(try node.integer("axis") ?? 0, of: value, node)
        guard builder.constant(indices.node) != nil else {
            guard value.shape.count == 1 else {
                throw node.unsupported("an index that depends on the row")
            }
            return try chosen(of: value, by: indices, shape: indices.shape, node)
        }
        guard value.rowAxis != axis || hasFixedRow else {
            throw node.unsupported("mixing of rows")
        }
        let extent = value.shape[axis]
        let places = try integers(indices, node).map { $0 < 0 ? $0 + extent : $0 }
        guard places.allSatisfy((0..<extent).contains) else {
            throw node.malformed("an index out of bounds")
        }
        let taken = try take(value, places, axis: axis, node)
        let shape = value.shape[..<axis] + indices.shape + value.shape[(axis + 1)...]
        let rowAxis = value.rowAxis.map { $0 < axis ? $0 : $0 - 1 + indices.shape.count }
        guard shape.count <= 8 else { throw node.unsupported("so many dimensions") }
        return taken.reshaped(Array(shape), rowAxis: rowAxis)
    }

    /// The elements of a list that are known, at indices that depend on the row: mostly labels.
    mutating func chosen(
        of list: ONNXValue, by index: ONNXValue, shape: [Int], rowAxis: Int? = nil,
        _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        guard let tensor = builder.constant(list.node), index.element == .int64 else {
            throw node.unsupported("an index that depends on the row")
        }
        let entries = tensor.values.enumerated().map { (key: Double($0), value: $1) }
        guard
            let table = GraphTable(
                entries, otherwise: tensor.values.last ?? 0, element: tensor.element)
        else { throw node.malformed("nothing to choose from") }
        var value = ONNXValue(
            node: try add(.lookup(table), [index.node], node.place), element: tensor.element,
            shape: shape, rowAxis: rowAxis ?? index.rowAxis)
        if let classes = index.classes, index.count == 1 {
            let places = classes.labels.map { Int($0) ?? -1 }
            guard places.allSatisfy(tensor.values.indices.contains) else { return value }
            let labels = places.map { label(tensor.values[$0], tensor.element) }
            value.classes = ONNXClasses(
                node: classes.node, labels: labels, isLeast: classes.isLeast)
        }
        return value
    }

    /// A label's text: a whole number has no fraction, of whichever type it is.
    func label(_ value: Double, _ element: GraphElement) -> String {
        if element == .string {
            return builder.strings.indices.contains(Int(value)) ? builder.strings[Int(value)] : ""
        }
        return Int(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}
