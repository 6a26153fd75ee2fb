// SPDX-License-Identifier: Apache-2.0
import Models
import Testing
import Training

struct LinearLearnerTests {
    private static func data(
        _ columns: [[Double]], _ target: Target
    ) throws -> Dataset {
        let features = columns.indices.map { Feature(name: "x\($0)", kind: .number) }
        let schema = try #require(FeatureSchema(features))
        let rows = (0..<target.count).flatMap { row in columns.map { $0[row] } }
        return Dataset(schema: schema, rows: rows, target: target)
    }

    /// One standardised column: `w = Sxy / (n + alpha)` and the intercept is the mean.
    @Test(arguments: [0, 1, 10.5])
    func solvesRidgeInClosedForm(alpha: Double) throws {
        let x = [1.0, 2, 3, 4, 10]
        let y = [2.0, 1, 5, 4, 12]
        let result = try LinearLearner(.alpha(alpha)).learn(
            Self.data([x], .values(y)), output: .regression)
        let scale = (x.map { ($0 - 4) * ($0 - 4) }.reduce(0, +) / 5).squareRoot()
        let covariance = zip(x, y).map { ($0 - 4) / scale * $1 }.reduce(0, +)
        #expect(try abs(result.linear.weights[0] - covariance / (5 + alpha)) < 1e-12)
        #expect(try abs(result.linear.intercepts[0] - 4.8) < 1e-12)
    }

    /// At the optimum the gradient is zero: `w = C Σ (y - p) x` and `Σ (y - p) = 0`.
    @Test(arguments: [0.01, 1, 100])
    func solvesLogisticRegressionToAZeroGradient(c: Double) throws {
        var generator = SplitMix64(seed: 5)
        let x = (0..<2).map { _ in
            (0..<300).map { _ in Double.random(in: -1...1, using: &generator) }
        }
        let y = (0..<300).map { Int32(x[0][$0] + 0.3 * x[1][$0 / 2] > 0 ? 1 : 0) }
        let data = try Self.data(x, .labels(y))
        let output = Output.binary(labels: ["a", "b"])
        let model = try LinearLearner(.inverse(c)).learn(data, output: output).linear
        var margins: [Double] = []
        model.appendMargins(of: data.rows.span, to: &margins)
        var gradient = model.weights
        var free = 0.0
        for row in 0..<300 {
            var probabilities: [Double] = []
            output.appendOutputs(margins.span, at: row, to: &probabilities)
            let residual = Double(y[row]) - probabilities[1]
            free += residual
            for feature in 0..<2 {
                let entry = model.encoding.blocks[feature].entry(data.rows[row * 2 + feature])
                gradient[entry.column] -= c * residual * entry.value
            }
        }
        #expect(abs(free) < 1e-6)
        for slope in gradient { #expect(abs(slope) < 1e-6) }
    }

    /// Softmax over two classes under half the penalty's weight is logistic regression:
    /// both classes carry half of the weight, so that `½(‖w/2‖² + ‖-w/2‖²) = ¼‖w‖²`.
    @Test func agreesAcrossSoftmaxAndLogistic() throws {
        var generator = SplitMix64(seed: 9)
        let x = (0..<200).map { _ in Double.random(in: -1...1, using: &generator) }
        let y = x.map { Int32($0 + Double.random(in: -1...1, using: &generator) > 0 ? 1 : 0) }
        let data = try Self.data([x], .labels(y))
        let logistic = try LinearLearner(.inverse(2)).learn(
            data, output: .binary(labels: ["a", "b"]))
        let softmax = try LinearLearner(.inverse(1)).learn(
            data, output: .multiclass(labels: ["a", "b"]))
        let difference = try softmax.linear.weights[2] - softmax.linear.weights[0]
        #expect(try abs(difference - logistic.linear.weights[0]) < 1e-6)
        #expect(abs(softmax.objective - logistic.objective / 2) < 1e-8)
        #expect(try abs(softmax.linear.intercepts[0] + softmax.linear.intercepts[1]) < 1e-9)
    }

    @Test func standardisesLikeStandardScaler() throws {
        let constant = [0.1, 0.1, 0.1, 0.1]
        let gap = [1, .nan, 3, 5]
        let result = try LinearLearner(.alpha(1)).learn(
            Self.data([constant, gap], .values([1, 2, 3, 4])), output: .regression)
        let blocks = try result.linear.encoding.blocks
        #expect(abs(blocks[0].entry(1.1).value - 1) < 1e-15)
        #expect(blocks[1].entry(3).value == 0)
        #expect(abs(blocks[1].entry(4).value - (3.0 / 8).squareRoot()) < 1e-15)
    }

    @Test func survivesSeparableClasses() throws {
        let data = try Self.data([[-1, -2, 1, 2]], .labels([0, 0, 1, 1]))
        let result = try LinearLearner(.inverse(1e6)).learn(
            data, output: .binary(labels: ["a", "b"]))
        #expect(try result.linear.weights[0] > 1)
    }

    /// A category's columns sum to the intercept's, and two of them are always 0. The least squares
    /// are known: within the groups of the category a line of one slope.
    @Test(arguments: [0, 1e-300, 1e-13], [0, 1e6, 1e12])
    func solvesLeastSquaresOfACategory(alpha: Double, mean: Double) throws {
        var generator = SplitMix64(seed: 6)
        let codes = (0..<300).map { $0 * $0 % 7 % 3 }
        let x = codes.map { _ in Double.random(in: -1...1, using: &generator) }
        let y = codes.indices.map {
            mean + 3 * x[$0] - 2 * Double(codes[$0]) + Double.random(in: -1...1, using: &generator)
        }
        let dictionary = try #require(CategoryDictionary(values: ["p", "q", "r"]))
        let schema = try #require(
            FeatureSchema([
                Feature(name: "x", kind: .number), Feature(name: "c", kind: .category(dictionary)),
            ]))
        let rows = codes.indices.flatMap { [x[$0], Double(codes[$0])] }
        let data = Dataset(schema: schema, rows: rows, target: .values(y))
        let learnt = try LinearLearner(.alpha(alpha)).learn(data, output: .regression)

        func deviations(_ values: [Double]) -> [Double] {
            let means = (0..<3).map { code in
                let own = values.indices.filter { codes[$0] == code }.map { values[$0] }
                return own.reduce(0, +) / Double(own.count)
            }
            return values.indices.map { values[$0] - means[codes[$0]] }
        }
        func product(_ left: [Double], _ right: [Double]) -> Double {
            zip(left, right).map(*).reduce(0, +)
        }
        let (dx, dy) = (deviations(x), deviations(y.map { $0 - mean }))
        let slope = product(dx, dy) / product(dx, dx)
        let least = product(dy, dy) - slope * product(dx, dy)
        #expect(abs(learnt.objective - least) < 1e-9 * least)
        var margins: [Double] = []
        learnt.kind.appendMargins(of: data.rows.span, to: &margins)
        let evaluation = Evaluation(margins: margins, output: .regression, target: data.target)
        #expect(try #require(evaluation["r2"]) > 0.7)
    }

    @Test func meetsWhatIsExactlyLinear() throws {
        let x = (0..<40).map { Double($0 * $0 % 11) }
        let learnt = try LinearLearner(.alpha(0)).learn(
            Self.data([x], .values(x.map { 1e6 + 3 * $0 })), output: .regression)
        var margins: [Double] = []
        learnt.kind.appendMargins(of: [2.0, 7].span, to: &margins)
        #expect(abs(margins[0] - 1_000_006) < 1e-6)
        #expect(abs(margins[1] - 1_000_021) < 1e-6)
    }

    @Test(arguments: [1e308, .infinity])
    func refusesAPenaltyBeyondNumbers(c: Double) throws {
        let data = try Self.data([[-1, -2, 1, 2]], .labels([0, 1, 0, 1]))
        #expect {
            try LinearLearner(.inverse(c)).learn(data, output: .binary(labels: ["a", "b"]))
        } throws: { error in
            guard case TrainingError.unsuitable(let reason) = error else { return false }
            return reason.contains("--C")
        }
    }
}

extension Learnt {
    fileprivate var linear: LinearModel {
        get throws {
            guard case .linear(let model) = kind else { throw TrainingError.inconsistent("kind") }
            return model
        }
    }
}
