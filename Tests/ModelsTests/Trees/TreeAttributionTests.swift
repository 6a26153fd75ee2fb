// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Models

struct TreeAttributionTests {
    static let wide: [RandomEnsemble.Shape] = [
        .init(seed: 41, trees: 100, leaves: 31...31, features: 28),
        .init(seed: 42, trees: 3, leaves: 120...120, features: 90, isDeep: true),
        .init(seed: 43, trees: 8, leaves: 255...255, features: 40, precision: .float32, margins: 2),
        .init(seed: 44, trees: 1, leaves: 1...1),
    ]

    static let shapes: [RandomEnsemble.Shape] = [
        .init(seed: 31, trees: 3, leaves: 1...8, features: 4),
        .init(seed: 32, trees: 2, leaves: 16...31, features: 3),
        .init(seed: 33, trees: 2, leaves: 12...12, features: 11, isDeep: true),
        .init(seed: 34, trees: 4, leaves: 2...20, features: 5, precision: .float32, margins: 3),
        .init(seed: 35, trees: 2, leaves: 20...20, features: 1, categoryShare: 0.5, isDeep: true),
    ]

    /// The definition: the mean, over all sets of other features, of what knowing one more adds.
    @Test(arguments: shapes)
    func areShapleyValues(_ shape: RandomEnsemble.Shape) throws {
        var ensemble = RandomEnsemble(shape)
        let made = ensemble.model(divisor: 2, scale: 3)
        let model = try #require(made)
        let rows = ensemble.rows(12)
        for row in 0..<12 {
            let values = Array(rows[row * shape.features..<(row + 1) * shape.features])
            for margin in 0..<shape.margins {
                let explained = model.explanation(of: values.span, output: margin)
                let found = try #require(explained)
                let expected = Self.shapley(model, values, margin)
                let base = abs(found.base - expected.base)
                // Floats are summed as floats.
                let tolerance = shape.precision == .float32 ? 1e-6 : 1e-9
                #expect(base < tolerance)
                for (one, other) in zip(found.contributions, expected.contributions) {
                    #expect(abs(one - other) < tolerance, "row \(row), margin \(margin)")
                }
            }
        }
    }

    /// Paths of many features need more points of the quadrature.
    @Test(arguments: wide)
    func sumToTheMargin(_ shape: RandomEnsemble.Shape) throws {
        var ensemble = RandomEnsemble(shape)
        let made = ensemble.model(divisor: Double(shape.trees), scale: 2)
        let model = try #require(made)
        let rows = ensemble.rows(10)
        var margins: [Double] = []
        model.appendMargins(of: rows.span, to: &margins)
        for row in 0..<10 {
            let values = Array(rows[row * shape.features..<(row + 1) * shape.features])
            for margin in 0..<shape.margins {
                let explained = model.explanation(of: values.span, output: margin)
                let found = try #require(explained)
                let sum = found.contributions.reduce(found.base, +)
                #expect(abs(sum - margins[row * shape.margins + margin]) < 1e-12)
            }
        }
    }

    @Test(
        arguments: [
            (0, [1, 1]), (2, [0, 1]), (2, [1, 0]), (2, [1, 0.9]), (2, [1e308, 1e308]),
            (.leastNonzeroMagnitude, [1e308, 1e308]),
        ] as [(Double, [Double])])
    func needsAllTrainingWeights(_ cover: Double, _ leaves: [Double]) throws {
        let tree = try #require(
            DecisionTree(
                splits: [
                    .init(
                        feature: 0, rule: .threshold(0), missing: .nan, defaultsLeft: true,
                        left: ~0, right: ~1, cover: cover)
                ], categoryWords: [], leafValues: [1, 2], leafCovers: leaves, firstMargin: 0))
        let aggregation = try #require(TreeAggregation(precision: .float64, start: [0]))
        let model = try #require(
            TreesModel(featureCount: 1, trees: [tree], aggregation: aggregation))
        #expect(!model.isExplainable)
        let row = [0.0]
        let found = model.explanation(of: row.span, output: 0)
        #expect(found == nil)
    }

    /// XGBoost's weights are floats, each rounded by itself.
    @Test func takesWeightsThatWereRounded() throws {
        let tree = try #require(
            DecisionTree(
                splits: [
                    .init(
                        feature: 0, rule: .threshold(0), missing: .nan, defaultsLeft: true,
                        left: ~0, right: ~1, cover: Double(Float(0.3)))
                ], categoryWords: [], leafValues: [1, 2],
                leafCovers: [Double(Float(0.1)), Double(Float(0.2))], firstMargin: 0))
        let aggregation = try #require(TreeAggregation(precision: .float64, start: [0]))
        let model = try #require(
            TreesModel(featureCount: 1, trees: [tree], aggregation: aggregation))
        #expect(model.isExplainable)
    }

    /// Shares too small to divide by, and leaves too large to sum: never infinite, never NaN.
    @Test(arguments: [(0x1p-1030, 1.0), (1e-200, 1), (1, 1.7e308)])
    func givesFiniteNumbersOrNone(_ share: Double, _ value: Double) throws {
        let splits = [(0, 1), (1, 2), (0, 3), (1, ~3)].enumerated().map { index, split in
            DecisionTree.Split(
                feature: split.0, rule: .threshold(0), missing: .nan, defaultsLeft: true,
                left: split.1, right: index < 3 ? ~index : ~4,
                cover: index == 0 ? 1 : share)
        }
        let rest = share < 1 ? 1.0 : 0
        let tree = try #require(
            DecisionTree(
                splits: splits, categoryWords: [],
                leafValues: [-value, value, -value, value, -value],
                leafCovers: [rest, 0, 0, share, 0], firstMargin: 0))
        let aggregation = try #require(TreeAggregation(precision: .float64, start: [0]))
        let trees = try #require(
            TreesModel(featureCount: 2, trees: [tree, tree], aggregation: aggregation))
        #expect(trees.isExplainable)
        let schema = try #require(
            FeatureSchema(["x", "y"].map { Feature(name: $0, kind: .number) }))
        let model = Model(
            schema: schema, kind: .trees(trees), output: .regression, goldenRows: [],
            training: .null)
        for row in [[-1.0, -1.0], [-1, 1], [1, -1], [1, 1]] {
            let explanation = model.explanation(of: row.span, output: 0)
            #expect((explanation == nil) == (value > 1))
            let numbers = explanation.map { $0.contributions + [$0.base] } ?? []
            #expect(numbers.allSatisfy { $0.isFinite })
        }
    }

    /// An oblivious tree has leaves that no training row came to, and splits above them. A row that
    /// comes there is explained like others: what is not known goes where the weight went.
    @Test func explainsWhereNoTrainingRowCame() throws {
        func split(_ feature: Int, _ left: Int, _ right: Int, _ cover: Double) -> DecisionTree.Split
        {
            .init(
                feature: feature, rule: .threshold(0), missing: .nan, defaultsLeft: true,
                left: left, right: right, cover: cover)
        }
        let tree = try #require(
            DecisionTree(
                splits: [
                    split(0, 1, 2, 6), split(1, 3, ~2, 6), split(1, ~3, ~4, 0),
                    split(0, ~0, ~1, 6),
                ], categoryWords: [], leafValues: [1, 9, 4, 16, 64], leafCovers: [6, 0, 0, 0, 0],
                firstMargin: 0))
        let aggregation = try #require(TreeAggregation(precision: .float64, start: [0]))
        let model = try #require(
            TreesModel(featureCount: 2, trees: [tree], aggregation: aggregation))
        // For each row what is known of neither, one, the other and both.
        for (row, values) in [
            ([-1.0, -1.0], [1.0, 1, 1, 1]), ([-1, 1], [1, 1, 4, 4]), ([1, -1], [1, 0, 1, 16]),
            ([1, 1], [1, 0, 4, 64]),
        ] {
            let explained = model.explanation(of: row.span, output: 0)
            let found = try #require(explained)
            #expect(found.base == values[0])
            let first = (values[1] - values[0] + values[3] - values[2]) / 2
            let second = (values[2] - values[0] + values[3] - values[1]) / 2
            for (one, other) in zip(found.contributions, [first, second]) {
                #expect(abs(one - other) < 1e-12, "row \(row)")
            }
        }
    }

    @Test(arguments: [1, 2, 4, 8, 40])
    func quadratureIsExactForPolynomials(_ count: Int) {
        let rule = GaussLegendre(count: count)
        for degree in 0..<2 * count {
            var integral = 0.0
            for (point, weight) in zip(rule.points, rule.weights) {
                integral += weight * (0..<degree).reduce(1) { power, _ in power * point }
            }
            #expect(abs(integral - 1 / Double(degree + 1)) < 1e-14)
        }
    }

    private static func shapley(
        _ model: TreesModel, _ row: [Double], _ margin: Int
    ) -> Explanation {
        let count = model.featureCount
        let rounded = row.map { model.aggregation.precision.rounded($0) }
        let values = (0..<1 << count).map { known in
            model.trees.reduce(0) {
                $0 + Self.mean($1, rounded, known, margin - $1.firstMargin)
            }
        }
        var factorials = [1.0]
        for number in 1...count { factorials.append(factorials[number - 1] * Double(number)) }
        let factor = model.aggregation.scale / model.aggregation.divisor
        let contributions = (0..<count).map { feature in
            var sum = 0.0
            for known in 0..<1 << count where known >> feature & 1 == 0 {
                let size = known.nonzeroBitCount
                sum +=
                    factorials[size] * factorials[count - size - 1] / factorials[count]
                    * (values[known | 1 << feature] - values[known])
            }
            return sum * factor
        }
        return Explanation(
            base: (values[0] + model.aggregation.start[margin]) * factor
                + model.aggregation.bias[margin],
            contributions: contributions)
    }

    /// A tree's value when only some features are known: at others it goes both ways by weight.
    private static func mean(
        _ tree: DecisionTree, _ row: [Double], _ known: Int, _ offset: Int
    ) -> Double {
        guard offset >= 0, offset < tree.leafWidth else { return 0 }
        func value(_ child: Int) -> Double {
            guard child >= 0 else { return tree.leafValues[~child * tree.leafWidth + offset] }
            let split = tree.splits[child]
            if known >> split.feature & 1 == 1 {
                return value(tree.goesLeft(split, row[split.feature]) ? split.left : split.right)
            }
            func cover(_ child: Int) -> Double {
                child < 0 ? tree.leafCovers[~child] : tree.splits[child].cover
            }
            return [split.left, split.right].reduce(0) {
                $0 + value($1) * cover($1) / split.cover
            }
        }
        return value(tree.splits.isEmpty ? ~0 : 0)
    }
}
