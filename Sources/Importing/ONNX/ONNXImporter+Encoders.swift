// SPDX-License-Identifier: Apache-2.0
import Models

/// The operators of `ai.onnx.ml` that prepare inputs or rename labels.
extension ONNXImporter {
    mutating func lowerEncoder(_ node: inout ONNXNodeReader) throws(ImportError) -> [ONNXValue]? {
        switch node.operation {
        case "Scaler": return [try scale(&node)]
        case "Imputer": return [try impute(&node)]
        case "Normalizer": return [try normalise(&node)]
        case "Binarizer": return [try binarise(&node)]
        case "OneHotEncoder": return [try encodeOneHot(&node)]
        case "LabelEncoder": return [try encodeLabels(&node)]
        case "ArrayFeatureExtractor": return [try extract(node)]
        case "FeatureVectorizer": return [try vectorise(&node)]
        case "ZipMap": return [try zip(&node)]
        default: return nil
        }
    }

    /// One number for each of the last axis, or one for all.
    private mutating func row(
        _ values: [Double], of value: ONNXValue, _ element: GraphElement, _ node: ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        guard values.count == 1 || values.count == value.shape.last else {
            throw node.malformed("not one number for each feature")
        }
        return try constant(values, element, [values.count], node.place)
    }

    private mutating func scale(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        let input = try cast(try node.input(0), .float32, node)
        guard let offsets = try node.floats("offset"), let scales = try node.floats("scale") else {
            throw node.malformed("no offset or scale")
        }
        if offsets.count == input.sources.count {
            for (index, source) in input.sources.enumerated() {
                guard let source, scales.count == offsets.count, scales[index] != 0 else {
                    continue
                }
                // About the mean, and a deviation to either side of it.
                for steps in [0.0, 1, -1] {
                    builder.note(
                        landmark: Double(Float(offsets[index] + steps / scales[index])), of: source)
                }
            }
        }
        let centred = try apply(
            .subtract, input, try row(offsets, of: input, .float32, node), node)
        return try apply(.multiply, centred, try row(scales, of: input, .float32, node), node)
    }

    private mutating func impute(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        let input = try node.input(0)
        guard input.element.isNumber else { throw node.unsupported("strings") }
        let replaced: Double
        let imputed: [Double]
        if input.element.isFloat {
            node.ignore("replaced_value_int64", "imputed_value_int64s")
            replaced = try node.float("replaced_value_float") ?? 0
            imputed = try node.floats("imputed_value_floats") ?? []
        } else {
            node.ignore("replaced_value_float", "imputed_value_floats")
            replaced = Double(try node.integer("replaced_value_int64") ?? 0)
            imputed = (try node.integers("imputed_value_int64s") ?? []).map { Double($0) }
        }
        let isMissing =
            replaced.isNaN
            ? try apply(.isNaN, input, node)
            : try apply(.equal, input, try scalar(replaced, input.element, node), node)
        let row = try row(imputed, of: input, input.element, node)
        var result = try select(isMissing, row, input, node)
        result.sources = input.sources
        for (index, source) in input.sources.enumerated() {
            guard let source else { continue }
            builder.note(landmark: imputed[imputed.count == 1 ? 0 : index], of: source)
        }
        return result
    }

    /// Divides a row by its norm unless that is 0.
    private mutating func normalise(
        _ node: inout ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        let input = try cast(try node.input(0), .float32, node)
        guard input.shape.count == 2 else { throw node.unsupported("other than two axes") }
        let norm: ONNXValue
        switch try node.string("norm") ?? "MAX" {
        case "L1":
            norm = try reduce(try apply(.absolute, input, node), .sum, axes: [1], keeps: true, node)
        case "L2":
            let squares = try apply(.multiply, input, input, node)
            norm = try apply(
                .squareRoot, try reduce(squares, .sum, axes: [1], keeps: true, node), node)
        case "MAX":
            norm = try reduce(input, .maximum, axes: [1], keeps: true, node)
        case let name: throw node.unsupported("norm \(name)")
        }
        let isZero = try apply(.equal, norm, try scalar(0, .float32, node), node)
        let divisor = try select(isZero, try scalar(1, .float32, node), norm, node)
        return try apply(.divide, input, divisor, node)
    }

    private mutating func binarise(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        let input = try node.input(0)
        let threshold = try scalar(try node.float("threshold") ?? 0, input.element, node)
        return try cast(try apply(.less, threshold, input, node), input.element, node)
    }

    /// A new last axis with a place for each category. An unknown one has none, whatever `zeros`
    /// says: by the format an answer would be an error.
    private mutating func encodeOneHot(
        _ node: inout ONNXNodeReader
    ) throws(ImportError) -> ONNXValue {
        node.ignore("zeros")
        var input = try node.input(0)
        let strings = try node.strings("cats_strings")
        let integers = try node.integers("cats_int64s")
        let categories: [Double]
        if input.element == .string {
            guard let strings, integers == nil else { throw node.malformed("no strings") }
            categories = strings.map { Double(builder.number(of: $0)) }
            note(categories, of: input)
        } else {
            guard let integers, strings == nil else { throw node.malformed("no integers") }
            categories = integers.map { Double($0) }
            input = try cast(input, .int64, node)
            for case let source? in input.sources {
                for category in categories { builder.note(landmark: category, of: source) }
            }
        }
        guard !categories.isEmpty else { throw node.malformed("no categories") }
        let column = try unsqueezed(input)
        let row = try constant(categories, input.element, [categories.count], node.place)
        return try cast(try apply(.equal, column, row, node), .float32, node)
    }

    private func unsqueezed(_ value: ONNXValue) throws(ImportError) -> ONNXValue {
        value.reshaped(value.shape + [1], rowAxis: value.rowAxis)
    }

    /// Tells features that they must know these strings.
    private mutating func note(_ strings: [Double], of value: ONNXValue) {
        for case let source? in value.sources {
            builder.note(strings: strings.map { Int($0) }, of: source)
        }
    }

    /// The elements of the last axis at the indices.
    private mutating func extract(_ node: ONNXNodeReader) throws(ImportError) -> ONNXValue {
        let value = try node.input(0)
        let indices = try node.input(1)
        guard let extent = value.shape.last else { throw node.malformed("no axis") }
        guard builder.constant(indices.node) != nil else {
            guard value.count == extent else { throw node.unsupported("an index by row") }
            // A list gives one row with an element for each index.
            return try chosen(
                of: value, by: indices, shape: [1, indices.count],
                rowAxis: indices.rowAxis == nil ? nil : 1, node)
        }
        let places = try integers(indices, node)
        guard places.allSatisfy((0..<extent).contains) else {
            throw node.malformed("an index out of bounds")
        }
        let axis = value.shape.count - 1
        guard value.rowAxis != axis else { throw node.unsupported("mixing of rows") }
        let taken = try take(value, places, axis: axis, node)
        return axis == 0 ? taken.reshaped([1, places.count], rowAxis: nil) : taken
    }

    private mutating func vectorise(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        let widths = try node.integers("inputdimensions")
        var inputs: [ONNXValue] = []
        for input in try node.allInputs() { inputs.append(try cast(input, .float32, node)) }
        guard inputs.allSatisfy({ $0.shape.count == 2 }),
            widths.map({ $0 == inputs.map { $0.shape[1] } }) ?? true
        else { throw node.unsupported("inputs of another width than it says") }
        return try concatenate(inputs, 1, node)
    }

    /// Probabilities by name: the names are those of the label, and the values stay.
    private mutating func zip(_ node: inout ONNXNodeReader) throws(ImportError) -> ONNXValue {
        node.ignore("classlabels_strings", "classlabels_int64s")
        return try node.input(0)
    }
}
