// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Testing

/// What models of other libraries need and ours do not: sums of floats, means behind the margins,
/// two classes with a margin each, values of which only hashes are known.
struct ForeignFormTests {
    private func numbers(_ count: Int) throws -> FeatureSchema {
        try #require(FeatureSchema((0..<count).map { Feature(name: "x\($0)", kind: .number) }))
    }

    private func plainLinear(
        _ schema: FeatureSchema, weights: [Double], intercept: Double,
        _ precision: Precision
    ) -> LinearModel? {
        LinearEncoding(
            schema: schema, standardisations: schema.features.map { _ in .init(mean: 0, scale: 1) }
        ).flatMap {
            LinearModel(
                encoding: $0, weights: weights, intercepts: [intercept], precision: precision)
        }
    }

    /// 2^24 + 1 is no float: sums lose it where sums of doubles keep it.
    @Test func sumsFloats() throws {
        let schema = try numbers(2)
        let weights: [Double] = [1, 0, 1, 0]
        for (precision, sum) in [
            (Precision.float32, 0x1p24), (.float64, 0x1p24 + 1),
        ] {
            let linear = try #require(
                plainLinear(schema, weights: weights, intercept: 0x1p24, precision))
            var margins: [Double] = []
            let rows: [Double] = [1, 0, 0, .nan]
            linear.appendMargins(of: rows.span, to: &margins)
            #expect(margins == [sum, 0x1p24])
            let model = try #require(
                Model(
                    schema: schema, kind: .linear(linear), output: .regression,
                    goldenRecords: [[1, 2]], training: .null))
            let again = try Model(artifact: model.artifact)
            #expect(again.kind == model.kind)
        }
        #expect(plainLinear(schema, weights: weights, intercept: 0.1, .float32) == nil)
    }

    @Test(arguments: [
        (Output.Task.regression, Link.identity, [8.0], [2.0]),
        (.regression, .exponential, [0], [1]),
        (.binary(labels: ["a", "b"]), .logistic(slope: 1, intercept: 0), [0], [0.5, 0.5]),
        (.multiclass(labels: ["a", "b"]), .softmax(scale: 1), [3, 3], [0.5, 0.5]),
        (.multiclass(labels: ["a", "b"]), .identity, [1, 2], [0.25, 0.5]),
    ])
    func dividesMargins(
        _ task: Output.Task, _ link: Link, _ margins: [Double], _ expected: [Double]
    ) throws {
        let output = try #require(Output(task, link: link, divisor: 4))
        var outputs: [Double] = []
        output.appendOutputs(margins.span, at: 0, to: &outputs)
        #expect(outputs == expected)
        #expect(output.json["divisor"] == .number(4))
        #expect(output.predictedIndex(margins.span, at: 0) == (margins.last == 2 ? 1 : 0))
    }

    @Test func keepsItsDivisorAndHashesInTheArtifact() throws {
        let dictionary = try #require(CategoryDictionary(cityHashes: [-95_388_328, 5]))
        let schema = try #require(
            FeatureSchema([Feature(name: "colour", kind: .category(dictionary))]))
        let tree = try #require(
            DecisionTree(
                splits: [
                    .init(
                        feature: 0, rule: .categories(0..<1), missing: .nan, defaultsLeft: false,
                        left: -1, right: -2, cover: 2)
                ], categoryWords: [1], leafValues: [3, 5], leafCovers: [1, 1], firstMargin: 0))
        let trees = try #require(
            TreeAggregation(precision: .float64, start: [0]).flatMap {
                TreesModel(featureCount: 1, trees: [tree], aggregation: $0)
            })
        let output = try #require(Output(.regression, divisor: 2))
        let model = try #require(
            Model(
                schema: schema, kind: .trees(trees), output: output,
                goldenRecords: [["nAy"], ["nay"]], training: .null))
        #expect(model.goldenRows.map(\.outputs) == [[1.5], [2.5]])
        let again = try Model(artifact: model.artifact)
        #expect(again.output == output)
        #expect(again.schema == schema)
        try again.verifyGoldenRows()
    }

    /// -0.5 is truncated to code 0, also where a set has no word for it.
    @Test(arguments: [-1, -0.5, -0.0, 0, 0.5, 31, 1e300])
    func findsNothingInAnEmptySet(_ value: Double) throws {
        let tree = try #require(
            DecisionTree(
                splits: [
                    .init(
                        feature: 0, rule: .categories(0..<0), missing: .nan, defaultsLeft: true,
                        left: -1, right: -2, cover: 2)
                ], categoryWords: [], leafValues: [3, 5], leafCovers: [1, 1], firstMargin: 0))
        let trees = try #require(
            TreeAggregation(precision: .float64, start: [0]).flatMap {
                TreesModel(featureCount: 1, trees: [tree], aggregation: $0)
            })
        var margins: [Double] = []
        let row = [value]
        trees.appendMargins(of: row.span, to: &margins)
        #expect(margins == [5])
    }

    @Test(arguments: [0, -1, .infinity, .nan])
    func refusesADivisor(_ divisor: Double) {
        #expect(Output(.regression, divisor: divisor) == nil)
    }
}
