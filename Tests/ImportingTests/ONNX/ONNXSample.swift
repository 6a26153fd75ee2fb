// SPDX-License-Identifier: Apache-2.0
import Foundation
import Models

@testable import Importing

/// An ONNX graph of one node, for tests: an input `X` of one row, constants `A`, `B`, … behind it,
/// and the outputs `Y`, `Z`.
struct ONNXSample: CustomStringConvertible, Sendable {
    enum Attribute: Sendable {
        case float(Float), integer(Int), string(String), floats([Float]), integers([Int])
        case strings([String]), tensor(Constant)
    }

    struct Constant: Sendable {
        var shape: [Int]
        var floats: [Float] = []
        var integers: [Int] = []
        var strings: [String] = []
        var booleans: [Bool] = []
    }

    var operation: String
    var domain = ""
    var version = 17
    /// Columns of `X`, which has the type of 1 float, 7 integers, 8 strings, 9 booleans.
    var width: Int
    var element: Int32 = 1
    var constants: [Constant?] = []
    var attributes: [String: Attribute] = [:]

    var description: String { operation }

    var model: ONNXModel {
        var model = ONNXModel()
        model.irVersion = 8
        model.opsetImport = [Self.opset("", version), Self.opset("ai.onnx.ml", 3)]
        model.graph.input = [Self.input("X", element, width)]
        var node = ONNXNode()
        node.opType = operation
        node.domain = domain
        node.input = ["X"]
        node.output = ["Y", "Z"]
        node.attribute = attributes.sorted { $0.key < $1.key }.map(Self.attribute)
        for (index, constant) in constants.enumerated() {
            guard let constant else {
                node.input.append("")
                continue
            }
            let name = String(decoding: [65 + UInt8(index)], as: UTF8.self)
            node.input.append(name)
            model.graph.initializer.append(Self.tensor(name, constant))
        }
        if !Self.pairs.contains(operation) { node.output = ["Y"] }
        model.graph.node = [node]
        model.graph.output = node.output.map { Self.output($0) }
        return model
    }

    private static let pairs = ["Split", "LinearClassifier", "TreeEnsembleClassifier"]

    static func opset(_ domain: String, _ version: Int) -> ONNXOperatorSet {
        var opset = ONNXOperatorSet()
        opset.domain = domain
        opset.version = Int64(version)
        return opset
    }

    static func input(_ name: String, _ element: Int32, _ width: Int) -> ONNXValueDescription {
        var rows = ONNXDimension()
        rows.parameter = "N"
        var columns = ONNXDimension()
        columns.value = Int64(width)
        var input = ONNXValueDescription()
        input.name = name
        input.type.tensor.element = element
        input.type.tensor.shape.dim = [rows, columns]
        return input
    }

    static func output(_ name: String) -> ONNXValueDescription {
        var output = ONNXValueDescription()
        output.name = name
        return output
    }

    static func tensor(_ name: String, _ constant: Constant) -> ONNXTensor {
        var tensor = ONNXTensor()
        tensor.name = name
        tensor.dims = constant.shape.map { Int64($0) }
        tensor.dataType =
            !constant.strings.isEmpty
            ? 8 : !constant.booleans.isEmpty ? 9 : !constant.integers.isEmpty ? 7 : 1
        tensor.floatData = constant.floats
        tensor.int64Data = constant.integers.map { Int64($0) }
        tensor.stringData = constant.strings.map { Data($0.utf8) }
        tensor.int32Data = constant.booleans.map { $0 ? 1 : 0 }
        return tensor
    }

    private static func attribute(_ name: String, _ value: Attribute) -> ONNXAttribute {
        var attribute = ONNXAttribute()
        attribute.name = name
        switch value {
        case .float(let value): (attribute.type, attribute.f) = (1, value)
        case .integer(let value): (attribute.type, attribute.i) = (2, Int64(value))
        case .string(let value): (attribute.type, attribute.s) = (3, Data(value.utf8))
        case .tensor(let value): (attribute.type, attribute.t) = (4, tensor("", value))
        case .floats(let values): (attribute.type, attribute.floats) = (6, values)
        case .integers(let values):
            (attribute.type, attribute.ints) = (7, values.map { Int64($0) })
        case .strings(let values):
            (attribute.type, attribute.strings) = (8, values.map { Data($0.utf8) })
        }
        return attribute
    }

    /// What a value of the graph is for a row, each of its elements asked for by itself.
    static func values(
        _ name: String, of model: ONNXModel, _ row: [Double]
    ) throws -> (values: [Double], shape: [Int]) {
        let importer = try ONNXImporter(model)
        guard let value = importer.value(name) else {
            throw ImportError.malformed(field: name, reason: "not there")
        }
        var values: [Double] = []
        for index in 0..<value.count {
            var builder = importer.builder
            guard let element = builder.add(.pick([index]), [value.node]),
                let number = value.element == .boolean
                    ? builder.add(.cast(.int64), [element]) : element
            else { throw ImportError.unsupported("such a value") }
            let (nodes, ends) = builder.pruned(to: [number])
            let graph = try GraphModel(
                featureCount: builder.features.count, nodes: nodes, answer: .value(ends[0]))
            graph.appendMargins(of: row.span, to: &values)
        }
        return (values, value.shape)
    }

    /// What `Y`, or another output, is for a row.
    func values(_ row: [Double]) throws -> [Double] { try values("Y", row) }

    func values(_ name: String, _ row: [Double]) throws -> [Double] {
        try Self.values(name, of: model, row).values
    }
}
