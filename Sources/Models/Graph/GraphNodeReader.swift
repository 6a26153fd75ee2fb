// SPDX-License-Identifier: Apache-2.0
import JSON

/// Writing a node.
extension GraphModel.Node {
    var json: JSONValue {
        var members: [JSONValue.Member] = [.init(name: "op", value: .string(operation.name))]
        if !inputs.isEmpty {
            members.append(.init(name: "inputs", value: .array(inputs.map { .integer($0) })))
        }
        members += operation.members.map { .init(name: $0, value: $1) }
        return .object(members)
    }
}

extension GraphOperation {
    fileprivate var name: String {
        switch self {
        case .numbers: "numbers"
        case .categories: "categories"
        case .constant: "constant"
        case .pick: "pick"
        case .cast: "cast"
        case .unary(let function): function.rawValue
        case .binary(let function): function.rawValue
        case .select: "select"
        case .linear: "linear"
        case .reduce(let reduction, _): "reduce_" + reduction.rawValue
        case .softmax: "softmax"
        case .lookup: "lookup"
        case .trees: "trees"
        }
    }

    fileprivate var members: [(String, JSONValue)] {
        switch self {
        case .numbers(let first, let type):
            [
                ("first", .integer(first)), ("count", .integer(type.count)),
                ("element", .string(type.element.rawValue)),
            ]
        case .categories(let first, let tables):
            [
                ("first", .integer(first)),
                ("tables", .array(tables.map { .array($0.map { .integer(Int($0)) }) })),
            ]
        case .constant(let tensor): [("element", .string(tensor.element.rawValue))]
        case .cast(let element): [("element", .string(element.rawValue))]
        case .linear(let matrix): [("input_count", .integer(matrix.inputCount))]
        case .reduce(_, let length), .softmax(let length): [("length", .integer(length))]
        case .lookup(let table): [("element", .string(table.element.rawValue))]
        case .trees(let model):
            [("feature_count", .integer(model.featureCount)), ("ensemble", model.parameters)]
        case .pick, .unary, .binary, .select: []
        }
    }

    var tensors: [Tensor] {
        switch self {
        case .constant(let tensor): [Tensor("values", Self.values(tensor.values, tensor.element))]
        case .pick(let indices): [Tensor("indices", .i32(indices.map { Int32($0) }))]
        case .linear(let matrix):
            [
                Tensor("biases", .f64(matrix.biases)),
                Tensor("weights", [matrix.inputCount, matrix.outputCount], matrix.weights),
            ]
        case .lookup(let table):
            [
                Tensor("keys", .f64(table.keys)),
                Tensor("values", .f64(table.values + [table.missing, table.otherwise])),
            ]
        case .trees(let model): model.tensors
        case .numbers, .categories, .cast, .unary, .binary, .select, .reduce, .softmax: []
        }
    }

    private static func values(_ values: [Double], _ element: GraphElement) -> Tensor.Values {
        element == .float32 ? .f32(values.map { Float($0) }) : .f64(values)
    }
}

/// Reads what `GraphModel.Node.json` and its operation's tensors say.
struct GraphNodeReader {
    let json: JSONValue
    let field: String
    /// Sees this node's tensors alone.
    let file: Safetensors

    func node() throws(ArtifactError) -> GraphModel.Node {
        let elements = json["inputs"]?.array ?? []
        let inputs = elements.compactMap(\.integer)
        guard inputs.count == elements.count else {
            throw .invalidField("\(field).inputs", "not numbers of nodes")
        }
        guard let name = json["op"]?.string else { throw .missingField("\(field).op") }
        return GraphModel.Node(try operation(name), inputs)
    }

    private func operation(_ name: String) throws(ArtifactError) -> GraphOperation {
        switch name {
        case "numbers":
            return .numbers(
                first: try integer("first"), GraphType(try element(), try integer("count")))
        case "categories":
            return .categories(first: try integer("first"), try tables())
        case "constant": return .constant(try constant())
        case "pick": return .pick(try file.int32s("indices").map { Int($0) })
        case "cast": return .cast(try element())
        case "select": return .select
        case "linear": return .linear(try matrix())
        case "softmax": return .softmax(length: try integer("length"))
        case "lookup": return .lookup(try table())
        case "trees": return .trees(try trees())
        default: break
        }
        if let function = GraphUnary(rawValue: name) { return .unary(function) }
        if let function = GraphBinary(rawValue: name) { return .binary(function) }
        if name.hasPrefix("reduce_"),
            let reduction = GraphReduction(rawValue: String(name.dropFirst(7)))
        {
            return .reduce(reduction, length: try integer("length"))
        }
        throw .invalidField("\(field).op", "\(name) is unknown to this version")
    }

    private func integer(_ name: String) throws(ArtifactError) -> Int {
        guard let value = json[name]?.integer else { throw .missingField("\(field).\(name)") }
        return value
    }

    private func element() throws(ArtifactError) -> GraphElement {
        guard let element = json["element"]?.string.flatMap({ GraphElement(rawValue: $0) }) else {
            throw .invalidField("\(field).element", "unknown to this version")
        }
        return element
    }

    private func tables() throws(ArtifactError) -> [[Double]] {
        guard let tables = json["tables"]?.array else { throw .missingField("\(field).tables") }
        var result: [[Double]] = []
        for table in tables {
            let strings = (table.array ?? []).compactMap(\.integer)
            guard let elements = table.array, elements.count == strings.count,
                strings.allSatisfy({ $0 >= 0 && $0 < 1 << 30 })
            else { throw .invalidField("\(field).tables", "not numbers of strings") }
            result.append(strings.map { Double($0) })
        }
        return result
    }

    private func constant() throws(ArtifactError) -> GraphTensor {
        let element = try element()
        let values =
            element == .float32
            ? try file.floats("values").map { Double($0) } : try file.doubles("values")
        guard let tensor = GraphTensor(element, values) else {
            throw .invalidField("\(field).values", "not of the element type")
        }
        return tensor
    }

    private func matrix() throws(ArtifactError) -> GraphMatrix {
        let biases = try file.doubles("biases")
        let inputCount = try integer("input_count")
        let weights = try file.doubles("weights", shape: [inputCount, biases.count])
        guard
            let matrix = GraphMatrix(weights: weights, biases: biases, inputCount: inputCount)
        else { throw .invalidField("\(field).weights", "none, or a number is not finite") }
        return matrix
    }

    private func table() throws(ArtifactError) -> GraphTable {
        let keys = try file.doubles("keys")
        let values = try file.doubles("values", shape: [keys.count + 2])
        let missing = (key: Double.nan, value: values[keys.count])
        guard zip(keys, keys.dropFirst()).allSatisfy({ $0 < $1 }), keys.allSatisfy({ !$0.isNaN }),
            let table = GraphTable(
                zip(keys, values).map { (key: $0, value: $1) } + [missing],
                otherwise: values[keys.count + 1], element: try element())
        else { throw .invalidField("\(field).keys", "not rising, or values of another type") }
        return table
    }

    private func trees() throws(ArtifactError) -> TreesModel {
        guard let ensemble = json["ensemble"] else { throw .missingField("\(field).ensemble") }
        return try TreesModel(
            file, parameters: ensemble, featureCount: try integer("feature_count"))
    }
}
