// SPDX-License-Identifier: Apache-2.0
import Models
import Testing
import Training

struct ElasticNetTests {
    /// Correlated columns of which some do not count, one of them with gaps.
    private static func data(labelCount: Int) throws -> (Dataset, Output) {
        var generator = SplitMix64(seed: 11)
        var rows: [Double] = []
        var values: [Double] = []
        for row in 0..<400 {
            let x = (0..<4).map { _ in Double.random(in: -1...1, using: &generator) }
            rows += [x[0], x[0] + 0.3 * x[1], row % 9 == 0 ? .nan : x[2], x[3], Double(row % 3)]
            let noise = Double.random(in: -1...1, using: &generator)
            values.append(2 * x[0] - x[2] + Double(row % 3) + noise)
        }
        let numbers = (0..<4).map { Feature(name: "x\($0)", kind: .number) }
        let dictionary = try #require(CategoryDictionary(values: ["a", "b"]))
        let schema = try #require(
            FeatureSchema(numbers + [Feature(name: "c", kind: .category(dictionary))]))
        guard labelCount > 0 else {
            return (Dataset(schema: schema, rows: rows, target: .values(values)), .regression)
        }
        let ordered = values.sorted()
        let labels = values.map { value in
            Int32((1..<labelCount).count { ordered[400 * $0 / labelCount] <= value })
        }
        let names = (0..<labelCount).map { "\($0)" }
        return (
            Dataset(schema: schema, rows: rows, target: .labels(labels)),
            labelCount == 2 ? .binary(labels: names) : .multiclass(labels: names)
        )
    }

    /// One standardised column: `w = shrink(Sxy/n, alpha·r) / (1 + alpha·(1 - r))`.
    @Test(arguments: [(0.1, 1.0), (0.5, 0.5), (2, 0.25), (100, 0.5)])
    func solvesOneColumnInClosedForm(alpha: Double, ratio: Double) throws {
        let x = [1.0, 2, 3, 4, 10]
        let y = [2.0, 1, 5, 4, 12]
        let schema = try #require(FeatureSchema([Feature(name: "x", kind: .number)]))
        let learnt = try LinearLearner(.alpha(alpha), l1Ratio: ratio).learn(
            Dataset(schema: schema, rows: x, target: .values(y)), output: .regression)
        let scale = (x.map { ($0 - 4) * ($0 - 4) }.reduce(0, +) / 5).squareRoot()
        let covariance = zip(x, y).map { ($0 - 4) / scale * $1 }.reduce(0, +) / 5
        let weight = max(0, covariance - alpha * ratio) / (1 + alpha * (1 - ratio))
        guard case .linear(let model) = learnt.kind else {
            Issue.record("not of the kind")
            return
        }
        #expect(abs(model.weights[0] - weight) < 1e-9)
        #expect(abs(model.intercepts[0] - 4.8) < 1e-9)
    }

    /// The conditions of Karush, Kuhn and Tucker: where a weight is not 0 the smooth part's slope
    /// balances the L1 norm's, elsewhere it is not above it; intercepts have no slope.
    @Test(
        arguments: [0, 2, 3],
        [(0.2, nil), (0.8, .balanced), (1, nil), (1, .balanced)] as [(Double, ClassWeight?)])
    func standsAtAMinimum(labelCount: Int, net: (Double, ClassWeight?)) throws {
        let (ratio, classWeight) = net
        let (data, output) = try Self.data(labelCount: labelCount)
        let learner = LinearLearner(
            labelCount == 0 ? .alpha(0.05) : .inverse(0.1), l1Ratio: ratio,
            classWeight: labelCount == 0 ? nil : classWeight)
        let learnt = try learner.learn(data, output: output)
        guard case .linear(let model) = learnt.kind else {
            Issue.record("not of the kind")
            return
        }
        let (residuals, scale, strength) = Self.residuals(model, data, output, learner)
        let outputCount = model.outputCount
        let columnCount = model.encoding.columnCount
        var slopes = [Double](repeating: 0, count: columnCount * outputCount)
        var free = [Double](repeating: 0, count: outputCount)
        for row in 0..<data.count {
            for output in 0..<outputCount {
                let residual = scale * residuals[row * outputCount + output]
                free[output] += residual
                for (index, block) in model.encoding.blocks.enumerated() {
                    let entry = block.entry(data.rows[row * 5 + index])
                    slopes[output * columnCount + entry.column] += residual * entry.value
                }
            }
        }
        for slope in free { #expect(abs(slope) < 1e-4) }
        for (slope, weight) in zip(slopes, model.weights) {
            let smooth = slope + strength * (1 - ratio) * weight
            if weight == 0 {
                #expect(abs(smooth) <= strength * ratio + 1e-4)
            } else {
                let sign = weight > 0 ? 1.0 : -1
                #expect(abs(smooth + sign * strength * ratio) < 1e-4)
            }
        }
        #expect(ratio < 1 || model.weights.contains(0))
    }

    /// Derivatives of the rows' losses, their factor, and the penalty's.
    private static func residuals(
        _ model: LinearModel, _ data: Dataset, _ output: Output, _ learner: LinearLearner
    ) -> ([Double], Double, Double) {
        var margins: [Double] = []
        model.appendMargins(of: data.rows.span, to: &margins)
        guard case .labels(let labels) = data.target else {
            guard case .values(let values) = data.target else { return ([], 0, 0) }
            return (zip(margins, values).map { $0 - $1 }, 1 / 400, 0.05)
        }
        let weights =
            learner.classWeight?.weights(labels, labelCount: output.labels.count)
            ?? output.labels.map { _ in 1 }
        var residuals: [Double] = []
        for (row, label) in labels.enumerated() {
            var probabilities: [Double] = []
            output.appendOutputs(margins.span, at: row * model.outputCount, to: &probabilities)
            let first = output.labels.count == 2 ? 1 : 0
            for index in first..<output.labels.count {
                let own = index == Int(label) ? 1.0 : 0
                residuals.append(weights[Int(label)] * (probabilities[index] - own))
            }
        }
        return (residuals, 0.1, 1)
    }

    /// Rows of the smaller class thrice are the same as a weight of three: balanced weights are
    /// 2/3 and 2 here. Categories are not standardised, so copies leave the columns as they are.
    @Test(arguments: [0, 0.5]) func weighsClassesLikeCopies(ratio: Double) throws {
        let codes: [Double] = [0, 0, 1, 1, 2, 2, 1, 2]
        let labels: [Int32] = [0, 0, 0, 0, 0, 0, 1, 1]
        #expect(ClassWeight.balanced.weights(labels, labelCount: 2) == [8.0 / 12, 2])
        let weighted = try Self.weights(codes, labels, .balanced, c: 1.5, ratio)
        let copied = try Self.weights(
            codes + [1, 2, 1, 2], labels + [1, 1, 1, 1], nil, c: 1, ratio)
        for (one, other) in zip(weighted, copied) { #expect(abs(one - other) < 1e-4) }
        #expect(weighted.contains { abs($0) > 0.1 })
    }

    private static func weights(
        _ codes: [Double], _ labels: [Int32], _ weight: ClassWeight?, c: Double, _ ratio: Double
    ) throws -> [Double] {
        let dictionary = try #require(CategoryDictionary(values: ["a", "b", "c"]))
        let schema = try #require(
            FeatureSchema([Feature(name: "x", kind: .category(dictionary))]))
        let learner = LinearLearner(.inverse(c), l1Ratio: ratio, classWeight: weight)
        let learnt = try learner.learn(
            Dataset(schema: schema, rows: codes, target: .labels(labels)),
            output: .binary(labels: ["a", "b"]))
        guard case .linear(let model) = learnt.kind else { return [] }
        return model.weights + model.intercepts
    }
}
