// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import Models
import SwiftProtobuf
import Testing

@testable import Importing

/// Whole files: what the inputs and outputs become, and what is refused.
struct ONNXReaderTests {
    /// Colours, encoded one-hot, through a classifier of three strings.
    private static var colours: ONNXModel {
        var model = ONNXModel()
        model.irVersion = 8
        model.producerName = "a test"
        model.opsetImport = [ONNXSample.opset("", 17), ONNXSample.opset("ai.onnx.ml", 3)]
        model.graph.input = [
            ONNXSample.input("colour", 8, 1), ONNXSample.input("size", 1, 2),
        ]
        model.graph.node = [
            node("OneHotEncoder", ["colour"], ["hot"], ["cats_strings": ["red", "süß"]]),
            flatten("hot", "columns"), concat(["columns", "size"], "all"), classifier,
        ]
        model.graph.output = [ONNXSample.output("Y"), ONNXSample.output("Z")]
        return model
    }

    private static func node(
        _ operation: String, _ inputs: [String], _ outputs: [String],
        _ strings: [String: [String]] = [:]
    ) -> ONNXNode {
        var node = ONNXNode()
        node.opType = operation
        node.domain = "ai.onnx.ml"
        node.name = "the " + operation
        node.input = inputs
        node.output = outputs
        for (name, values) in strings {
            var attribute = ONNXAttribute()
            (attribute.name, attribute.type) = (name, 8)
            attribute.strings = values.map { Data($0.utf8) }
            node.attribute.append(attribute)
        }
        return node
    }

    private static func flatten(_ input: String, _ output: String) -> ONNXNode {
        var node = node("Flatten", [input], [output])
        node.domain = ""
        return node
    }

    private static func concat(_ inputs: [String], _ output: String) -> ONNXNode {
        var node = node("Concat", inputs, [output])
        node.domain = ""
        var axis = ONNXAttribute()
        (axis.name, axis.type, axis.i) = ("axis", 2, -1)
        node.attribute = [axis]
        return node
    }

    private static var classifier: ONNXNode {
        var node = node(
            "LinearClassifier", ["all"], ["Y", "Z"], ["classlabels_strings": ["a", "b", "c"]])
        var coefficients = ONNXAttribute()
        (coefficients.name, coefficients.type) = ("coefficients", 6)
        coefficients.floats = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1]
        var intercepts = ONNXAttribute()
        (intercepts.name, intercepts.type, intercepts.floats) = ("intercepts", 6, [0, 0, 0])
        var transform = ONNXAttribute()
        (transform.name, transform.type, transform.s) = ("post_transform", 3, Data("SOFTMAX".utf8))
        node.attribute += [coefficients, intercepts, transform]
        return node
    }

    private static func imported(_ model: ONNXModel) throws -> ImportedModel {
        try ForeignFormat.onnx.model(from: try model.serializedBytes())
    }

    @Test func readsCategoriesAndLabels() throws {
        let imported = try Self.imported(Self.colours)
        #expect(imported.schema.features.map(\.name) == ["colour", "size_0", "size_1"])
        let dictionary = try #require(CategoryDictionary(values: ["red", "süß"]))
        #expect(imported.schema.features[0].kind == .category(dictionary))
        #expect(imported.output == Output(.multiclass(labels: ["a", "b", "c"]), link: .identity))
        let model = try #require(imported.model)
        #expect(model.outputColumns == OutputColumns(label: "Y_0", values: ["Z_0", "Z_1", "Z_2"]))
        // Red, süß, another and none; then what the sizes add.
        let rows = [0, 0, 0, 1.0, 0, 0, 2, 0, 0, .nan, 0, 3]
        var margins: [Double] = []
        model.appendMargins(of: rows.span, to: &margins)
        let hot = Double(Float(M_E / (M_E + 2)))
        let third = Double(Float(1.0 / 3))
        #expect(abs(margins[0] - hot) < 1e-6)
        #expect(abs(margins[4] - hot) < 1e-6)
        #expect(margins[6..<9].allSatisfy { abs($0 - third) < 1e-6 })
        #expect(margins[11] > 0.9)
    }

    @Test func isTheSameAsAnArtifact() throws {
        let model = try #require(try Self.imported(Self.colours).model)
        let again = try Model(artifact: model.artifact)
        #expect(again.kind == model.kind)
        #expect(again.artifact == model.artifact)
        try again.verifyGoldenRows()
        #expect(!again.isExplainable)
    }

    /// A row alone and among others has the same bits.
    @Test func answersRowsApart() throws {
        let model = try #require(try Self.imported(Self.colours).model)
        let rows = (0..<60).map { Double($0 % 3) }
        var together: [Double] = []
        model.appendMargins(of: rows.span, to: &together)
        for row in 0..<20 {
            let alone = Array(rows[row * 3..<row * 3 + 3])
            var margins: [Double] = [7]
            model.appendMargins(of: alone.span, to: &margins)
            #expect(margins == [7] + together[row * 3..<row * 3 + 3])
        }
    }

    private static let refused: [(String, @Sendable (inout ONNXModel) -> Void, String)] = [
        (
            "operator", { $0.graph.node[1].opType = "LSTM" },
            "not supported: operator LSTM at node the Flatten"
        ),
        (
            "domain",
            {
                $0.graph.node[1].domain = "com.example"
                $0.opsetImport.append(ONNXSample.opset("com.example", 1))
            }, "not supported: operator Flatten at node the Flatten"
        ),
        (
            "no version", { $0.graph.node[1].domain = "com.example" },
            "opset_import: no version of operator set com.example"
        ),
        (
            "version", { $0.opsetImport[0].version = 99 },
            "not supported: version 99 of operator set "
        ),
        ("functions", { $0.functions = [Data()] }, "not supported: functions of a model"),
        (
            "sparse", { $0.graph.sparseInitializer = [Data()] },
            "not supported: sparse initializers"
        ),
        (
            "type", { $0.graph.input[1].type.tensor.element = 10 },
            "not supported: element type 10 of input size"
        ),
        (
            "shape", { $0.graph.input[1].type.tensor.shape.dim = [] },
            "not supported: the shape of input size: not [rows, features]"
        ),
        (
            "rows", { $0.graph.input[1].type.tensor.shape.dim[0].value = 7 },
            "not supported: the shape of input size: a fixed number of rows"
        ),
        (
            "map", { $0.graph.input[1].type.map = Data() },
            "not supported: input size, which is no tensor"
        ),
        (
            "order", { $0.graph.node.swapAt(0, 1) }, "node the Flatten: input hot is not before it"
        ),
        (
            "twice", { $0.graph.node[1].output = ["hot"] },
            "value hot: no name, or it occurs twice"
        ),
        (
            "output", { $0.graph.output[1].name = "W" }, "output W: nothing computes it"
        ),
        (
            "labels alone", { $0.graph.output.removeLast() },
            "not supported: the outputs Y: neither one of numbers nor a label with its scores"
        ),
        (
            "raw scores", { $0.graph.node[3].attribute.removeLast() },
            "not supported: scores that are no probabilities"
        ),
        (
            "external data",
            { model in
                var tensor = ONNXTensor()
                (tensor.name, tensor.dataType, tensor.dims) = ("A", 1, [1])
                tensor.externalData = [Data()]
                model.graph.initializer = [tensor]
            }, "not supported: external data of tensor A"
        ),
        (
            "many values",
            { model in
                var tensor = ONNXTensor()
                (tensor.name, tensor.dataType, tensor.dims) = ("A", 1, [.max, .max])
                model.graph.initializer = [tensor]
            }, "tensor A: a shape out of bounds"
        ),
        (
            "few values",
            { model in
                var tensor = ONNXTensor()
                (tensor.name, tensor.dataType, tensor.dims) = ("A", 7, [1 << 20])
                model.graph.initializer = [tensor]
            }, "tensor A: not as many values as its shape has"
        ),
        ("graph", { $0.clearGraph() }, "graph: missing"),
    ]

    @Test(arguments: refused.indices)
    func refusesByName(_ index: Int) throws {
        let (_, change, expected) = Self.refused[index]
        var model = Self.colours
        change(&model)
        let bytes: [UInt8] = try model.serializedBytes()
        let error = #expect(throws: ImportError.self) {
            try ForeignFormat.onnx.model(from: bytes)
        }
        #expect(error?.description == expected)
    }

    /// No end and no byte of a file makes it anything but a model or an error.
    @Test func survivesDamage() throws {
        let bytes: [UInt8] = try Self.colours.serializedBytes()
        for end in 0..<bytes.count {
            #expect(throws: ImportError.self) {
                try ForeignFormat.onnx.model(from: Array(bytes[..<end]))
            }
        }
        for (place, byte) in bytes.enumerated() {
            for changed in [byte ^ 0x01, byte ^ 0x80, 0xFF] {
                var damaged = bytes
                damaged[place] = changed
                _ = try? ForeignFormat.onnx.model(from: damaged).model
            }
        }
    }
}
