// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Testing

struct PerceptronModelTests {
    private static func encoding() throws -> LinearEncoding {
        let schema = try #require(Example.schema)
        return try #require(
            LinearEncoding(
                schema: schema,
                standardisations: [.init(mean: 40, scale: 10), nil]))
    }

    /// Layers of 6 × 19, 19 × 33 and 33 × 2, wider than tiles of sixteen by a few.
    private static func layers() throws -> [PerceptronModel.Layer] {
        let widths = [try encoding().columnCount, 19, 33, 2]
        return try zip(widths, widths.dropFirst()).map { inputs, units in
            let weights = (0..<(inputs * units)).map { Float($0 * 37 % 101 - 50) / 64 }
            let biases = (0..<units).map { Float($0 * 13 % 7 - 3) / 8 }
            return try #require(
                PerceptronModel.Layer(inputCount: inputs, weights: weights, biases: biases))
        }
    }

    private static let rows: [[Double]] = [
        [44, 0], [20, 1], [.nan, 2], [41.3, .nan], [.nan, .nan], [1e6, 1],
    ]

    /// The definition, unit by unit.
    private static func margins(
        _ row: [Double], _ layers: [PerceptronModel.Layer]
    ) throws -> [Double] {
        let encoding = try encoding()
        var inputs = [Float](repeating: 0, count: encoding.columnCount)
        for (index, block) in encoding.blocks.enumerated() {
            let entry = block.entry(row[index])
            inputs[entry.column] = Float(entry.value)
        }
        for (index, layer) in layers.enumerated() {
            inputs = (0..<layer.unitCount).map { unit in
                var sum = layer.biases[unit]
                for (input, value) in inputs.enumerated() {
                    sum += layer.weights[input * layer.unitCount + unit] * value
                }
                return index < layers.count - 1 ? max(0, sum) : sum
            }
        }
        return inputs.map { Double($0) }
    }

    @Test func followsItsDefinitionToTheBit() throws {
        let layers = try Self.layers()
        let model = try #require(PerceptronModel(encoding: try Self.encoding(), layers: layers))
        let all = Self.rows.flatMap(\.self)
        var together: [Double] = [7]
        model.appendMargins(of: all.span, to: &together)
        let expected = try Self.rows.flatMap { try Self.margins($0, layers) }
        #expect(together == [7] + expected)
        #expect(Set(together).count > 10)
    }

    @Test func isAffineWithoutHiddenLayers() throws {
        let layer = try #require(
            PerceptronModel.Layer(inputCount: 6, weights: [2, 1, 3, -3, 5, 7], biases: [0.5]))
        let model = try #require(PerceptronModel(encoding: try Self.encoding(), layers: [layer]))
        var margins: [Double] = []
        let row = [30.0, 1]
        model.appendMargins(of: row.span, to: &margins)
        #expect(margins == [0.5 - 2 - 3])
    }

    @Test func comesBackFromAnArtifact() throws {
        let schema = try #require(Example.schema)
        let last = try #require(
            PerceptronModel.Layer(
                inputCount: 33, weights: (0..<33).map { Float($0) / 32 }, biases: [1]))
        let layers = try Self.layers().prefix(2) + [last]
        let perceptron = try #require(
            PerceptronModel(encoding: try Self.encoding(), layers: Array(layers)))
        let kind = ModelKind.perceptron(perceptron)
        let model = try #require(
            Model(
                schema: schema, kind: kind, output: .regression,
                goldenRecords: [[40, "Bern"], [.null, "Ulm"]], training: .null))
        let read = try Model(artifact: model.artifact)
        #expect(read.kind == kind)
        #expect(!read.isExplainable)
        #expect(read.artifact == model.artifact)
        try read.verifyGoldenRows()
    }

    @Test func refusesLayersThatDoNotMeet() throws {
        let layers = try Self.layers()
        let encoding = try Self.encoding()
        #expect(PerceptronModel(encoding: encoding, layers: []) == nil)
        #expect(PerceptronModel(encoding: encoding, layers: [layers[0], layers[2]]) == nil)
        #expect(PerceptronModel(encoding: encoding, layers: Array(layers.dropFirst())) == nil)
        #expect(PerceptronModel.Layer(inputCount: 2, weights: [1], biases: [1]) == nil)
        #expect(PerceptronModel.Layer(inputCount: 1, weights: [.nan], biases: [1]) == nil)
    }
}
