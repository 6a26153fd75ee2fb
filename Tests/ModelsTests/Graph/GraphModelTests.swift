// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Models

struct GraphModelTests {
    typealias Node = GraphModel.Node

    private static let schema = FeatureSchema([
        Feature(name: "x", kind: .number), Feature(name: "y", kind: .number),
        Feature(name: "colour", kind: Example.category("red", "blue")),
    ])

    private static var stump: TreesModel? {
        guard
            let tree = DecisionTree(
                splits: [
                    .init(
                        feature: 0, rule: .threshold(0.5), missing: .nan, defaultsLeft: true,
                        left: ~0, right: ~1, cover: 0)
                ], categoryWords: [], leafValues: [0.25, 0.75], leafCovers: [0, 0],
                firstMargin: 0),
            let aggregation = TreeAggregation(precision: .float32, start: [0])
        else { return nil }
        return TreesModel(featureCount: 2, trees: [tree], aggregation: aggregation)
    }

    /// Every operation once: two probabilities of numbers, categories and a tree.
    private static func nodes() throws -> [Node] {
        let one = try #require(GraphTensor(.float32, [1]))
        let matrix = try #require(
            GraphMatrix(weights: [1, 0, 0, 1, -1, 2], biases: [0.5, 0], inputCount: 3))
        let table = try #require(
            GraphTable([(0, 5), (3, 7), (.nan, 9)], otherwise: -1, element: .float32))
        return [
            Node(.numbers(first: 0, GraphType(.float32, 2))),
            Node(.categories(first: 2, [[0, 3]])),
            Node(.lookup(table), [1]),
            Node(.trees(try #require(Self.stump)), [0]),
            Node(.constant(one)),
            Node(.binary(.multiply), [0, 4]),
            Node(.pick([0, 1, 2]), [5, 3]),
            Node(.linear(matrix), [6]),
            Node(.unary(.isNaN), [7]),
            Node(.select, [8, 2, 7]),
            Node(.softmax(length: 2), [9]),
            Node(.reduce(.argMaximum, length: 2), [10]),
            Node(.cast(.float32), [11]),
        ]
    }

    private static func model() throws -> Model {
        let schema = try #require(Self.schema)
        let graph = try GraphModel(
            featureCount: 3, nodes: try nodes(), answer: .probabilities(10, label: 11))
        let output = try #require(Output(.binary(labels: ["no", "yes"]), link: .identity))
        return try #require(
            Model(
                schema: schema, kind: .graph(graph), output: output,
                goldenRecords: [[1, 2, "red"], [.null, 1, "blue"], [0, 0, .null]],
                training: ["seed": 1]))
    }

    @Test func computesEveryOperation() throws {
        // 1·1 + 0·2 - 0.75 + 0.5 and 2 + 2·0.75; then the softmax of these.
        let rows = [1.0, 2, 0, .nan, 2, 1]
        var margins: [Double] = []
        try Self.model().appendMargins(of: rows.span, to: &margins)
        // The second row has NaN in both sums, for which the category's 7 stands twice.
        #expect(margins.count == 2)
        #expect(abs(margins[0] - 1 / (1 + 0.06392786120670757)) < 1e-6)
        #expect(margins[1] == 0.5)
    }

    @Test func isReadAsItWasWritten() throws {
        let model = try Self.model()
        let again = try Model(artifact: model.artifact)
        #expect(again.kind == model.kind)
        #expect(again.artifact == model.artifact)
        try again.verifyGoldenRows()
        #expect(again.isExplainable == false)
    }

    /// Where rounding alone decides, the graph's own label does.
    @Test(arguments: [
        (0.5, 0.0, false), (0.5, 1.0, true), (0.5 + 1e-7, 0, false), (0.5 - 1e-7, 1, true),
        (0.9, 0, true), (0.1, 1, false),
    ])
    func settlesTies(_ probability: Double, _ label: Double, _ isSecond: Bool) throws {
        let graph = try GraphModel(
            featureCount: 2,
            nodes: [
                Node(.numbers(first: 0, GraphType(.float64, 1))),
                Node(.numbers(first: 1, GraphType(.int64, 1))), Node(.pick([0, 0]), [0]),
            ], answer: .probabilities(2, label: 1))
        let output = try #require(Output(.binary(labels: ["a", "b"]), link: .identity))
        var margins: [Double] = []
        let row = [probability, label]
        graph.appendMargins(of: row.span, to: &margins)
        #expect(output.predictedIndex(margins.span, at: 0) == (isSecond ? 1 : 0))
        #expect(abs(margins[0] - probability) < 1e-6)
    }

    @Test func givesTheTiedLabelOfMany() throws {
        let graph = try GraphModel(
            featureCount: 4,
            nodes: [
                Node(.numbers(first: 0, GraphType(.float64, 3))),
                Node(.numbers(first: 3, GraphType(.int64, 1))),
            ], answer: .probabilities(0, label: 1))
        let output = try #require(Output(.multiclass(labels: ["a", "b", "c"]), link: .identity))
        for label in 0..<4 {
            var margins: [Double] = []
            let row = [0.4, 0.4, 0.2, Double(label)]
            graph.appendMargins(of: row.span, to: &margins)
            // The third is no tie, and there is no fourth.
            #expect(output.predictedIndex(margins.span, at: 0) == (label == 1 ? 1 : 0))
        }
    }

    @Test func answersDistances() throws {
        let graph = try GraphModel(
            featureCount: 2, nodes: [Node(.numbers(first: 0, GraphType(.float32, 2)))],
            answer: .distances(0))
        var margins: [Double] = []
        let row = [3.0, 2]
        graph.appendMargins(of: row.span, to: &margins)
        #expect(margins == [-9, -4])
        let output = try #require(Output(.clusters(2)))
        var outputs: [Double] = []
        output.appendOutputs(margins.span, at: 0, to: &outputs)
        #expect(outputs == [3, 2])
        #expect(output.predictedIndex(margins.span, at: 0) == 1)
    }

    private static let numbers = Node(.numbers(first: 0, GraphType(.float32, 2)))

    private static let unsound: [(GraphModel.Answer, [Node])] = [
        (.value(0), []), (.value(0), [numbers]), (.value(1), [numbers]), (.value(-1), [numbers]),
        (.value(1), [numbers, Node(.pick([2]), [0])]),
        (.value(1), [numbers, Node(.pick([-1]), [0])]),
        (.value(1), [numbers, Node(.pick([]), [0])]),
        (.value(1), [numbers, Node(.pick([0]), [1])]),
        (.value(1), [numbers, Node(.pick([0]), [-1])]), (.value(1), [numbers, Node(.pick([0]))]),
        (.value(0), [Node(.numbers(first: 3, GraphType(.float32, 1)))]),
        (.value(0), [Node(.numbers(first: -1, GraphType(.float32, 1)))]),
        (.value(0), [Node(.numbers(first: .max, GraphType(.float32, 1)))]),
        (.value(0), [Node(.numbers(first: 0, GraphType(.float32, .max)))]),
        (.value(0), [Node(.numbers(first: 0, GraphType(.string, 1)))]),
        (.value(0), [Node(.categories(first: 0, []))]),
        (.value(0), [Node(.categories(first: 0, [[]]))]),
        (.value(1), [numbers, Node(.reduce(.sum, length: 3), [0])]),
        (.value(1), [numbers, Node(.reduce(.sum, length: 0), [0])]),
        (.distances(1), [numbers, Node(.softmax(length: -1), [0])]),
        (.distances(1), [numbers, Node(.cast(.string), [0])]),
        (.distances(1), [numbers, Node(.unary(.not), [0])]),
        (.distances(1), [numbers, Node(.binary(.and), [0, 0])]),
        (.distances(1), [numbers, Node(.binary(.add), [0])]),
        (.distances(1), [numbers, Node(.select, [0, 0, 0])]),
        (.probabilities(0, label: 0), [numbers]), (.probabilities(0, label: 9), [numbers]),
    ]

    @Test(arguments: unsound.indices)
    func refusesWhatDoesNotFit(_ index: Int) {
        let (answer, nodes) = Self.unsound[index]
        #expect(throws: GraphError.self) {
            try GraphModel(featureCount: 3, nodes: nodes, answer: answer)
        }
    }

    @Test func refusesTooManyValues() {
        let large = Node(.numbers(first: 0, GraphType(.float32, GraphModel.valueCountMax)))
        #expect(throws: GraphError(node: 1, reason: "no values, or too many")) {
            try GraphModel(
                featureCount: .max, nodes: [large, Node(.unary(.negate), [0])],
                answer: .distances(1))
        }
    }

    /// The types are checked again when a file is read; these change one word of a good one.
    @Test(arguments: [
        (#""op":"softmax""#, #""op":"softmix""#), (#""length":2"#, #""length":3"#),
        (#""inputs":[9]"#, #""inputs":[12]"#), (#""inputs":[9]"#, #""inputs":["x"]"#),
        (#""label":11"#, #""label":10"#), (#""node":10"#, #""node":99"#),
        (#""type":"probabilities""#, #""type":"value""#),
        (#""element":"float32""#, #""element":"float33""#),
        (#""feature_count":2"#, #""feature_count":1"#),
        (#""tables":[[0,3]]"#, #""tables":[[0]]"#), (#""tables":[[0,3]]"#, #""tables":[[0,-3]]"#),
        (#""first":2"#, #""first":1"#), (#""first":0"#, #""first":1"#),
        (#""input_count":3"#, #""input_count":2"#), (#""input_count":3"#, #""input_count":-3"#),
    ])
    func refusesDamagedParameters(_ before: String, _ after: String) throws {
        let model = try Self.model()
        let parameters = try #require(model.kind.parameters).text
        let damaged = parameters.replacing(before, with: after, maxReplacements: 1)
        #expect(damaged != parameters)
        let file = try Safetensors(
            Safetensors.bytes(metadata: [], tensors: model.kind.tensors))
        let json = try JSONValue(parsing: damaged)
        #expect(throws: ArtifactError.self) {
            try GraphModel(file, parameters: json, schema: model.schema)
        }
    }
}
