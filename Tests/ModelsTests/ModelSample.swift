// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Models

/// A small model of each kind, and of each output where that makes a difference.
enum ModelSample: CaseIterable {
    case linear, linearOfFloats, linearOfThree, linearOfText, trees, treesOfThree, bayesOfTwo
    case bayesOfThree, kMeans, perceptron, graph

    /// What a golden row's answer depends on, among the tensors as `tellingBytes`.
    private static let tellingNumber = 0.8125

    var tellingBytes: [UInt8] {
        func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
            (0..<number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
        }
        return switch self {
        case .linearOfFloats, .perceptron: bytes(Float(Self.tellingNumber).bitPattern)
        default: bytes(Self.tellingNumber.bitPattern)
        }
    }

    /// Some of every task.
    static let outputs: [Output] =
        [
            .regression, .binary(labels: ["a", "b"]), .multiclass(labels: ["a", "b"]),
            .multiclass(labels: ["a", "b", "c"]),
        ] + [1, 2, 3].compactMap { Output(.clusters($0)) }

    func model() throws -> Model {
        let schema = try #require(self == .linearOfText ? Self.textSchema : Example.schema)
        let records: [JSONValue] =
            self == .linearOfText
            ? [[44, "red fish"], [.null, "fish"]] : [[44, "Bern"], [.null, "Ulm"]]
        return try #require(
            Model(
                schema: schema, kind: try kind(schema), output: try output,
                goldenRecords: records, training: .null))
    }

    private static let textSchema = FeatureSchema([
        Feature(name: "age", kind: .number), Feature(name: "said", kind: .text),
    ])

    private var output: Output {
        get throws {
            switch self {
            case .linear, .bayesOfTwo: .binary(labels: ["no", "yes"])
            case .linearOfThree, .treesOfThree, .bayesOfThree:
                .multiclass(labels: ["a", "b", "c"])
            case .linearOfText, .trees, .linearOfFloats, .perceptron: .regression
            case .graph:
                try #require(Output(.binary(labels: ["no", "yes"]), link: .identity))
            case .kMeans: try #require(Output(.clusters(2)))
            }
        }
    }

    private func kind(_ schema: FeatureSchema) throws -> ModelKind {
        switch self {
        case .linear: .linear(try linear(schema, outputCount: 1))
        case .linearOfFloats: .linear(try linear(schema, outputCount: 1, .float32))
        case .linearOfThree: .linear(try linear(schema, outputCount: 3))
        case .linearOfText: .linear(try linear(schema, outputCount: 1))
        case .trees: .trees(try trees(outputCount: 1))
        case .treesOfThree: .trees(try trees(outputCount: 3))
        case .bayesOfTwo: .naiveBayes(try bayes(schema, labelCount: 2))
        case .bayesOfThree: .naiveBayes(try bayes(schema, labelCount: 3))
        case .kMeans: .kMeans(try kMeans(schema))
        case .perceptron: .perceptron(try perceptron(schema))
        case .graph: .graph(try graph())
        }
    }

    private func encoding(_ schema: FeatureSchema) throws -> LinearEncoding {
        let vocabularies = try [1, 2].map { length in
            let analyser = try #require(TextAnalyser(.word, lengths: 1...length))
            var terms: [UInt64] = []
            let text = Array("red fish".utf8)
            analyser.appendTerms(of: text.span, to: &terms)
            return try #require(
                TextVocabulary(
                    analyser: analyser, terms: terms.sorted(),
                    inverseFrequencies: terms.map { _ in 1.25 }))
        }
        return try #require(
            LinearEncoding(
                schema: schema,
                learnt: schema.features.map {
                    switch $0.kind {
                    case .number: .number(.init(mean: 40, scale: 8))
                    case .category: .category
                    case .text: .text(vocabularies)
                    }
                }))
    }

    private func linear(
        _ schema: FeatureSchema, outputCount: Int, _ precision: Precision = .float64
    ) throws -> LinearModel {
        let encoding = try encoding(schema)
        return try #require(
            LinearModel(
                encoding: encoding,
                weights: (0..<outputCount * encoding.columnCount).map { Double($0 % 7) / 4 },
                intercepts: [Self.tellingNumber] + (1..<outputCount).map { Double($0) },
                precision: precision))
    }

    /// One tree of a number and one of a category, with weights that explain.
    private func trees(outputCount: Int) throws -> TreesModel {
        let trees = try [DecisionTree.Rule.threshold(41), .categories(0..<1)].enumerated().map {
            feature, rule in
            let values = (0..<2 * outputCount).map { Double($0 - 1) / 4 }
            return try #require(
                DecisionTree(
                    splits: [
                        .init(
                            feature: feature, rule: rule, missing: .nan, defaultsLeft: true,
                            left: ~0, right: ~1, cover: 5)
                    ], categoryWords: feature == 0 ? [] : [1],
                    leafValues: feature == 0 ? values : values.map { _ in Self.tellingNumber },
                    leafCovers: [2, 3], firstMargin: 0))
        }
        let aggregation = try #require(
            TreeAggregation(
                precision: .float64, start: [Double](repeating: 0.5, count: outputCount)))
        return try #require(
            TreesModel(featureCount: 2, trees: trees, aggregation: aggregation))
    }

    private func bayes(_ schema: FeatureSchema, labelCount: Int) throws -> NaiveBayesModel {
        let labels = (0..<labelCount).map { Double($0) }
        return try #require(
            NaiveBayesModel(
                schema: schema, logPriors: [Self.tellingNumber] + labels.dropFirst(),
                gaussians: .init(
                    means: labels.map { 40 + $0 }, variances: labels.map { 2 + $0 },
                    logScales: labels.map { -0.5 * $0 }),
                logProbabilities: (0..<3 * labelCount).map { -0.25 * Double($0) }))
    }

    private func kMeans(_ schema: FeatureSchema) throws -> KMeansModel {
        let encoding = try #require(
            KMeansEncoding(
                schema: schema, standardisations: [.init(mean: 40, scale: 8), nil],
                columnMeans: [0, 0.5, 0.25, 0.25]))
        return try #require(
            KMeansModel(
                encoding: encoding, centres: [Self.tellingNumber, 0.25, 0.5, 0.125, -1, 0, 1, 0.25])
        )
    }

    private func perceptron(_ schema: FeatureSchema) throws -> PerceptronModel {
        let encoding = try encoding(schema)
        let hidden = try #require(
            PerceptronModel.Layer(
                inputCount: encoding.columnCount,
                weights: (0..<3 * encoding.columnCount).map { Float($0 % 5) / 4 },
                biases: [0.5, 0.25, 0]))
        let last = try #require(
            PerceptronModel.Layer(
                inputCount: 3, weights: [1, 2, 4],
                biases: [Float(Self.tellingNumber)]))
        return try #require(PerceptronModel(encoding: encoding, layers: [hidden, last]))
    }

    /// Numbers, a category's table, a dense layer, an ensemble and what joins them.
    private func graph() throws -> GraphModel {
        let matrix = try #require(
            GraphMatrix(weights: [1, -1, 0.0078125, 0.015625], biases: [0.5, 0], inputCount: 2))
        let table = try #require(
            GraphTable([(0, Self.tellingNumber), (3, 5)], otherwise: -1, element: .float64))
        return try GraphModel(
            featureCount: 2,
            nodes: [
                .init(.numbers(first: 0, GraphType(.float64, 1))),
                .init(.categories(first: 1, [[0, 3]])), .init(.lookup(table), [1]),
                .init(.pick([1, 0]), [0, 2]), .init(.linear(matrix), [3]),
                .init(.softmax(length: 2), [4]),
            ], answer: .probabilities(5, label: nil))
    }
}
