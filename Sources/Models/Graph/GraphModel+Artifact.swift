// SPDX-License-Identifier: Apache-2.0
import JSON

/// Parameters: `nodes`, each `{"op": …, "inputs": […]}` with what its operation has beside numbers,
/// and `answer`. Numbers are tensors whose names begin with `node.` and the node's place:
/// `values` of a constant and of a lookup with its `keys`; `indices` of a pick; `weights` and
/// `biases` of a dense layer; those of kind `trees`. What is `float32` is `F32`, indices are `I32`,
/// all else is `F64`.
extension GraphModel {
    var parameters: JSONValue {
        ["nodes": .array(nodes.map(\.json)), "answer": answer.json]
    }

    var tensors: [Tensor] {
        nodes.enumerated().flatMap { index, node in
            node.operation.tensors.map { $0.named("node.\(index).\($0.name)") }
        }
    }

    init(
        _ file: Safetensors, parameters: JSONValue, schema: FeatureSchema
    ) throws(ArtifactError) {
        guard let elements = parameters["nodes"]?.array else {
            throw .missingField("parameters.nodes")
        }
        var nodes: [Node] = []
        for (index, element) in elements.enumerated() {
            let reader = GraphNodeReader(
                json: element, field: "parameters.nodes[\(index)]",
                file: file.scoped("node.\(index)."))
            nodes.append(try reader.node())
        }
        guard let json = parameters["answer"] else { throw .missingField("parameters.answer") }
        let answer = try Answer(json: json)
        let model: GraphModel
        do throws(GraphError) {
            model = try GraphModel(featureCount: schema.count, nodes: nodes, answer: answer)
        } catch {
            throw .invalidField("parameters.nodes[\(error.node)]", error.reason)
        }
        guard model.fits(schema) else {
            throw .invalidField("parameters", "do not fit the schema")
        }
        self = model
    }

    /// Whether numbers are read as numbers and categories as categories, with their dictionaries.
    private func fits(_ schema: FeatureSchema) -> Bool {
        nodes.allSatisfy { node in
            switch node.operation {
            case .numbers(let first, let type):
                schema.features[first..<first + type.count].allSatisfy { $0.kind == .number }
            case .categories(let first, let tables):
                tables.enumerated().allSatisfy { index, table in
                    guard case .category(let dictionary) = schema.features[first + index].kind
                    else { return false }
                    return dictionary.values.count == table.count
                }
            default: true
            }
        }
    }
}

/// `{"type": "value" | "probabilities" | "distances", "node": 12}`, with `label` where there is
/// one.
extension GraphModel.Answer {
    var json: JSONValue {
        switch self {
        case .value(let node): ["type": "value", "node": .integer(node)]
        case .probabilities(let node, let label?):
            ["type": "probabilities", "node": .integer(node), "label": .integer(label)]
        case .probabilities(let node, nil): ["type": "probabilities", "node": .integer(node)]
        case .distances(let node): ["type": "distances", "node": .integer(node)]
        }
    }

    init(json: JSONValue) throws(ArtifactError) {
        guard let node = json["node"]?.integer else {
            throw .missingField("parameters.answer.node")
        }
        switch json["type"]?.string {
        case "value": self = .value(node)
        case "probabilities": self = .probabilities(node, label: json["label"]?.integer)
        case "distances": self = .distances(node)
        default:
            throw .invalidField("parameters.answer.type", "unknown to this version")
        }
    }
}
