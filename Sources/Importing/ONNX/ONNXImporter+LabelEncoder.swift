// SPDX-License-Identifier: Apache-2.0
import Models

extension ONNXImporter {
    private struct Column {
        let element: GraphElement
        let values: [Double]
    }

    /// Keys to values; what is no key has the default.
    mutating func encodeLabels(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        var input = try node.input(0)
        guard let keys = try column("keys", &node), let values = try column("values", &node),
            keys.values.count == values.values.count
        else { throw node.malformed("not as many values as keys") }
        let otherwise = try fallback(values.element, &node)
        if input.element != keys.element {
            guard input.element.isNumber, keys.element.isNumber else {
                throw node.malformed("keys of another type")
            }
            input = try cast(input, keys.element, node)
        }
        // A NaN is found among the keys since version 4.
        let entries = zip(keys.values, values.values).map { (key: $0, value: $1) }
            .filter { node.version >= 4 || !$0.key.isNaN }
        guard let table = GraphTable(entries, otherwise: otherwise, element: values.element) else {
            throw node.malformed("values of another type")
        }
        for case let source? in input.sources {
            if keys.element == .string {
                builder.note(strings: keys.values.map { Int($0) }, of: source)
            } else {
                for key in keys.values { builder.note(landmark: key, of: source) }
            }
        }
        var result = ONNXValue(
            node: try add(.lookup(table), [input.node], node.place), element: values.element,
            shape: input.shape, rowAxis: input.rowAxis)
        if let classes = input.classes {
            result.classes = renamed(classes, keys, values)
        }
        return result
    }

    /// Labels by their new names; `nil` if one has none.
    private func renamed(
        _ classes: ONNXClasses, _ keys: Column, _ values: Column
    ) -> ONNXClasses? {
        let labels = classes.labels.compactMap { label in
            keys.values.firstIndex { self.label($0, keys.element) == label }
                .map { self.label(values.values[$0], values.element) }
        }
        return labels.count == classes.labels.count
            ? ONNXClasses(node: classes.node, labels: labels, isLeast: classes.isLeast) : nil
    }

    private mutating func column(
        _ name: String, _ node: inout ONNXNodeReader
    ) throws(ImportError) -> Column? {
        if let strings = try node.strings("\(name)_strings") {
            return Column(
                element: .string, values: strings.map { Double(builder.number(of: $0)) })
        }
        if let integers = try node.integers("\(name)_int64s") {
            return Column(element: .int64, values: integers.map { Double($0) })
        }
        if let floats = try node.floats("\(name)_floats") {
            return Column(element: .float32, values: floats)
        }
        guard let contents = try node.tensor("\(name)_tensor")?.contents() else { return nil }
        return Column(
            element: contents.element,
            values: contents.element == .string
                ? contents.strings.map { Double(builder.number(of: $0)) } : contents.values)
    }

    /// The defaults are those of the operator's page.
    private mutating func fallback(
        _ element: GraphElement, _ node: inout ONNXNodeReader
    ) throws(ImportError) -> Double {
        let string = try node.string("default_string") ?? "_Unused"
        let integer = try node.integer("default_int64") ?? -1
        let float = try node.float("default_float") ?? -0.0
        if let contents = try node.tensor("default_tensor")?.contents() {
            guard contents.element == element else { throw node.malformed("default_tensor") }
            if let text = contents.strings.first { return Double(builder.number(of: text)) }
            if let value = contents.values.first { return value }
            throw node.malformed("default_tensor is empty")
        }
        switch element {
        case .string: return Double(builder.number(of: string))
        case .int64: return Double(integer)
        case .float32, .float64: return float
        case .boolean: return 0
        }
    }
}
