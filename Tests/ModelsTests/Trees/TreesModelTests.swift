// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Models

struct TreesModelTests {
    typealias Split = DecisionTree.Split

    private static func stump(
        _ rule: DecisionTree.Rule, _ missing: DecisionTree.Missing, defaultsLeft: Bool,
        words: [UInt32] = []
    ) -> DecisionTree? {
        DecisionTree(
            splits: [
                Split(
                    feature: 0, rule: rule, missing: missing, defaultsLeft: defaultsLeft, left: ~0,
                    right: ~1, cover: 3)
            ], categoryWords: words, leafValues: [1, 2], leafCovers: [1, 2], firstMargin: 0)
    }

    /// Leaf 0 is left.
    @Test(arguments: [
        (0.5, DecisionTree.Missing.nan, true, [0.5: 0, 0.5.nextUp: 1, -.infinity: 0]),
        (0.5, .nan, false, [.infinity: 1, 0.5.nextDown: 0]),
        // Read as 0, whatever the default.
        (0.5, .none, false, [0: 0]), (-0.5, .none, true, [0: 1]),
        (-0.5, .zero, true, [0: 0, 1e-36: 0, -1e-36: 0, 1e-34: 1, -0.5: 0]),
        (0.5, .zero, false, [-0.0: 1, -1e-34: 0]),
        (.nan, .nan, true, [0: 1, -.infinity: 1]),
    ])
    func goesByThreshold(
        _ threshold: Double, _ missing: DecisionTree.Missing, _ defaultsLeft: Bool,
        _ leaves: [Double: Int]
    ) throws {
        let tree = try #require(
            Self.stump(.threshold(threshold), missing, defaultsLeft: defaultsLeft))
        for (value, leaf) in leaves {
            let row = [value]
            let found = tree.leaf(of: row.span)
            #expect(found == leaf, "\(value)")
        }
    }

    @Test(arguments: [
        (DecisionTree.Missing.nan, true, 0.5, 0), (.nan, false, 0.5, 1), (.none, true, -1, 1),
        (.none, false, 1, 0), (.zero, true, -1, 0),
    ])
    func sendsMissingValues(
        _ missing: DecisionTree.Missing, _ defaultsLeft: Bool, _ threshold: Double, _ leaf: Int
    ) throws {
        let tree = try #require(
            Self.stump(.threshold(threshold), missing, defaultsLeft: defaultsLeft))
        let row = [Double.nan]
        let found = tree.leaf(of: row.span)
        #expect(found == leaf)
    }

    @Test(arguments: [
        (0.0, 1), (1, 0), (1.9, 0), (33, 0), (34, 1), (64, 1), (-0.5, 1), (-1, 1), (1e300, 1),
        (.infinity, 1), (-.infinity, 1), (.nan, 1),
    ])
    func listedCategoriesGoLeft(_ value: Double, _ leaf: Int) throws {
        let tree = try #require(
            Self.stump(.categories(0..<2), .nan, defaultsLeft: false, words: [2, 2]))
        let row = [value]
        let found = tree.leaf(of: row.span)
        #expect(found == leaf)
    }

    @Test func emptyListHasNoCode() throws {
        let tree = try #require(Self.stump(.categories(0..<0), .nan, defaultsLeft: true))
        for value in [-0.5, 0, -0.0, 1, .infinity] {
            let row = [value]
            let found = tree.leaf(of: row.span)
            #expect(found == 1)
        }
    }

    @Test(arguments: [[0, 1], [~0, ~0], [~0, ~2], [1, ~1]])
    func refusesWhatIsNoTree(_ children: [Int]) {
        let split = Split(
            feature: 0, rule: .threshold(0), missing: .nan, defaultsLeft: true, left: children[0],
            right: children[1], cover: 0)
        let tree = DecisionTree(
            splits: [split], categoryWords: [], leafValues: [1, 2], leafCovers: [0, 0],
            firstMargin: 0)
        #expect(tree == nil)
    }

    /// In float, 2^24 + 1 is 2^24: a sum in double would tell the ones.
    @Test func sumsInItsPrecision() throws {
        let leaf = { (value: Double) in
            DecisionTree(
                splits: [], categoryWords: [], leafValues: [value], leafCovers: [0], firstMargin: 0)
        }
        let trees = [try #require(leaf(16_777_216)), try #require(leaf(1)), try #require(leaf(1))]
        for (precision, expected) in [
            (Precision.float32, 16_777_216.0), (.float64, 16_777_218),
        ] {
            let aggregation = try #require(TreeAggregation(precision: precision, start: [0]))
            let model = try #require(
                TreesModel(featureCount: 1, trees: trees, aggregation: aggregation))
            let row = [0.0]
            var margins: [Double] = []
            model.appendMargins(of: row.span, to: &margins)
            #expect(margins == [expected])
        }
    }

    @Test func comesBackFromAnArtifact() throws {
        let numeric = try #require(
            Self.stump(.threshold(.infinity), .zero, defaultsLeft: true))
        let category = try #require(
            Self.stump(.categories(0..<2), .nan, defaultsLeft: false, words: [2, 2]))
        let aggregation = try #require(
            TreeAggregation(precision: .float64, start: [0.25], divisor: 2, scale: 3, bias: [0.5]))
        let trees = try #require(
            TreesModel(
                featureCount: 1, trees: [numeric, category], aggregation: aggregation))
        let schema = try #require(FeatureSchema([Feature(name: "x", kind: .number)]))
        let output = try #require(Output(.regression, link: .exponential))
        let model = try #require(
            Model(
                schema: schema, kind: .trees(trees), output: output,
                goldenRecords: [[.number(1)], [.null]], training: .null))
        let read = try Model(artifact: model.artifact)
        #expect(read.kind == model.kind)
        #expect(read.output == output)
        #expect(read.artifact == model.artifact)
        try read.verifyGoldenRows()
    }
}
