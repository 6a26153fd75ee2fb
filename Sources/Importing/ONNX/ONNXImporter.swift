// SPDX-License-Identifier: Apache-2.0
import Models

/// Says an ONNX graph's operators with those of a `GraphModel`, one node after the other.
struct ONNXImporter {
    var builder = GraphBuilder()
    private var values: [String: ONNXValue] = [:]
    /// By domain; `ai.onnx` under its short name, the empty one.
    private var versions: [String: Int] = [:]
    /// Whether every input has just one row by its own shape.
    private(set) var hasFixedRow = true

    /// The versions of each domain that are known not to mean anything else than what is done here.
    private static let supportedVersions = ["": 7...24, "ai.onnx.ml": 1...5]

    private static let featureCountMax = 1 << 14

    init(_ model: ONNXModel) throws(ImportError) {
        guard model.hasGraph else { throw .malformed(field: "graph", reason: "missing") }
        guard model.functions.isEmpty else { throw .unsupported("functions of a model") }
        guard model.graph.sparseInitializer.isEmpty else {
            throw .unsupported("sparse initializers")
        }
        for opset in model.opsetImport {
            let domain = opset.domain == "ai.onnx" ? "" : opset.domain
            // A writer may repeat a domain; the last word counts nowhere, so they must agree.
            let version = Int(opset.version)
            guard versions.updateValue(version, forKey: domain) ?? version == version else {
                throw .malformed(field: "opset_import", reason: "two versions of one domain")
            }
            if let supported = Self.supportedVersions[domain], !supported.contains(version) {
                throw .unsupported("version \(version) of operator set \(opset.domain)")
            }
        }
        for tensor in model.graph.initializer {
            try define(tensor.name, try constant(try tensor.contents(), "tensor \(tensor.name)"))
        }
        for input in model.graph.input where values[input.name] == nil {
            try define(input.name, try self.input(input))
        }
        for (index, node) in model.graph.node.enumerated() { try importNode(node, index) }
    }

    func value(_ name: String) -> ONNXValue? { values[name] }

    private mutating func define(_ name: String, _ value: ONNXValue) throws(ImportError) {
        guard !name.isEmpty, values.updateValue(value, forKey: name) == nil else {
            throw .malformed(field: "value \(name)", reason: "no name, or it occurs twice")
        }
    }

    private mutating func importNode(_ node: ONNXNode, _ index: Int) throws(ImportError) {
        var inputs: [ONNXValue?] = []
        for name in node.input {
            guard name.isEmpty || values[name] != nil else {
                throw .malformed(
                    field: "node \(node.name.isEmpty ? "\(index)" : node.name)",
                    reason: "input \(name) is not before it")
            }
            inputs.append(values[name])
        }
        let domain = node.domain == "ai.onnx" ? "" : node.domain
        guard let version = versions[domain] else {
            throw .malformed(
                field: "opset_import", reason: "no version of operator set \(node.domain)")
        }
        var reader = try ONNXNodeReader(node, index: index, version: version, inputs: inputs)
        guard Self.supportedVersions[domain] != nil,
            let outputs = try lower(&reader, isML: domain == "ai.onnx.ml")
        else { throw .unsupported(reader.place) }
        try reader.finish()
        for (index, name) in node.output.enumerated() where !name.isEmpty {
            guard index < outputs.count else { throw reader.unsupported("output \(index)") }
            try define(name, outputs[index])
        }
    }

    private mutating func lower(
        _ node: inout ONNXNodeReader, isML: Bool
    ) throws(ImportError) -> [ONNXValue]? {
        if isML {
            if let outputs = try lowerEncoder(&node) { return outputs }
            return try lowerPredictor(&node)
        }
        if let outputs = try lowerElementwise(&node) { return outputs }
        if let outputs = try lowerShape(&node) { return outputs }
        if let outputs = try lowerReduction(&node) { return outputs }
        return try lowerLayer(&node)
    }

    /// A graph's input: `[rows, features]`, or `[rows]`, which is one feature.
    private mutating func input(_ input: ONNXValueDescription) throws(ImportError) -> ONNXValue {
        let place = "input \(input.name)"
        guard case .tensor(let tensor)? = input.type.kind else {
            throw .unsupported("\(place), which is no tensor")
        }
        guard let type = ONNXElement(rawValue: tensor.element) else {
            throw .unsupported("element type \(tensor.element) of \(place)")
        }
        let dims = tensor.shape.dim
        guard tensor.hasShape, (1...2).contains(dims.count) else {
            throw .unsupported("the shape of \(place): not [rows, features]")
        }
        switch dims[0].extent {
        case .value(let extent) where extent > 1:
            throw .unsupported("the shape of \(place): a fixed number of rows")
        case .value(1): break
        default: hasFixedRow = false
        }
        var width = 1
        if dims.count == 2 {
            guard case .value(let extent)? = dims[1].extent, extent > 0 else {
                throw .unsupported("the shape of \(place): no fixed number of features")
            }
            guard extent <= Self.featureCountMax else {
                throw .unsupported("\(extent) features of \(place)")
            }
            width = Int(extent)
        }
        let first = builder.features.count
        guard first <= Self.featureCountMax - width else {
            throw .unsupported("more than \(Self.featureCountMax) features")
        }
        for index in 0..<width {
            builder.addFeature(
                width == 1 ? input.name : "\(input.name)_\(index)",
                isCategory: type == .string)
        }
        let element: GraphElement = type == .boolean ? .int64 : type.element
        let operation: GraphOperation =
            type == .string
            ? .categories(first: first, [[Double]](repeating: [], count: width))
            : .numbers(first: first, GraphType(element, width))
        let node = try add(operation, [], place)
        let value = ONNXValue(
            node: node, element: element, shape: dims.count == 1 ? [1] : [1, width], rowAxis: 0,
            sources: (first..<first + width).map { $0 })
        guard type == .boolean else { return value }
        return ONNXValue(
            node: try add(.cast(.boolean), [node], place), element: .boolean, shape: value.shape,
            rowAxis: 0, sources: value.sources)
    }

    /// Adds a node to the graph.
    mutating func add(
        _ operation: GraphOperation, _ inputs: [Int], _ place: String
    ) throws(ImportError) -> Int {
        guard let node = builder.add(operation, inputs) else {
            throw .unsupported("the inputs of \(place): their types or shapes")
        }
        return node
    }

    /// A value that does not depend on rows.
    mutating func constant(
        _ contents: ONNXTensor.Contents, _ place: String
    ) throws(ImportError) -> ONNXValue {
        let values =
            contents.element == .string
            ? contents.strings.map { Double(builder.number(of: $0)) } : contents.values
        return try constant(values, contents.element, contents.shape, place)
    }

    mutating func constant(
        _ values: [Double], _ element: GraphElement, _ shape: [Int], _ place: String
    ) throws(ImportError) -> ONNXValue {
        guard let tensor = GraphTensor(element, values) else {
            throw .malformed(field: place, reason: "values that are not of the element type")
        }
        let node = try add(.constant(tensor), [], place)
        return ONNXValue(node: node, element: element, shape: shape, rowAxis: nil)
    }

    /// A value that must be known already, as shapes and axes must.
    func integers(_ value: ONNXValue, _ node: ONNXNodeReader) throws(ImportError) -> [Int] {
        guard value.element == .int64, let tensor = builder.constant(value.node) else {
            throw node.unsupported("an input that depends on the row, or has no integers,")
        }
        // Within ±2⁵³, or the least `Int64`.
        return tensor.values.map { Int($0) }
    }
}
