// SPDX-License-Identifier: Apache-2.0
import Models
import Testing

@testable import Training

struct PerceptronLearnerTests {
    /// Exclusive or of two signs, with a category that says nothing and some gaps.
    private static func data(_ labelCount: Int, rowCount: Int = 600) throws -> (Dataset, Output) {
        var generator = SplitMix64(seed: 8)
        var rows: [Double] = []
        var answers: [Double] = []
        for row in 0..<rowCount {
            let x = Double.random(in: -1...1, using: &generator)
            let y = Double.random(in: -1...1, using: &generator)
            rows += [x, y, row % 5 == 0 ? .nan : Double(row % 3)]
            answers.append(labelCount == 0 ? 50 + 20 * x * y : x * y > 0 ? 1 : 0)
            if labelCount == 3, x > 0.5 { answers[row] = 2 }
        }
        let dictionary = try #require(CategoryDictionary(values: ["a", "b"]))
        let schema = try #require(
            FeatureSchema([
                Feature(name: "x", kind: .number), Feature(name: "y", kind: .number),
                Feature(name: "c", kind: .category(dictionary)),
            ]))
        let labels = (0..<labelCount).map { "\($0)" }
        let output: Output =
            switch labelCount {
            case 0: .regression
            case 2: .binary(labels: labels)
            default: .multiclass(labels: labels)
            }
        let target: Target =
            labelCount == 0 ? .values(answers) : .labels(answers.map { Int32($0) })
        return (Dataset(schema: schema, rows: rows, target: target), output)
    }

    private static func learner() -> PerceptronLearner {
        var learner = PerceptronLearner()
        learner.hiddenWidths = [12]
        learner.learningRate = 0.03
        learner.batchSize = 120
        learner.epochCountMax = 60
        return learner
    }

    /// What no linear model can.
    @Test(arguments: [(0, "r2", 0.9), (2, "accuracy", 0.9), (3, "accuracy", 0.85)])
    func learnsWhatIsNotLinear(labelCount: Int, metric: String, least: Double) throws {
        let (data, output) = try Self.data(labelCount)
        let learnt = try Self.learner().learn(data, output: output)
        var margins: [Double] = []
        learnt.kind.appendMargins(of: data.rows.span, to: &margins)
        let evaluation = Evaluation(margins: margins, output: output, target: data.target)
        #expect(try #require(evaluation[metric]) > least)
    }

    @Test func givesTheSameModelAgain() throws {
        let (data, output) = try Self.data(2, rowCount: 200)
        var learner = Self.learner()
        learner.epochCountMax = 3
        let one = try learner.learn(data, output: output)
        #expect(try learner.learn(data, output: output).kind == one.kind)
        learner.seed = 2
        #expect(try learner.learn(data, output: output).kind != one.kind)
    }

    @Test func keepsTheBestAndStopsEarly() throws {
        let (data, output) = try Self.data(2, rowCount: 200)
        var learner = Self.learner()
        learner.patience = 2
        learner.tolerance = 10
        var losses: [Double] = []
        let learnt = try learner.learn(data, output: output) { losses.append($1 ?? 0) }
        // The first pass undercuts nothing by 10 but infinity; two more follow it.
        #expect(learnt.iterationCount == 3)
        #expect(learnt.objective == losses.min())
    }

    /// A float's bias keeps a mean of so many deviations, or not.
    @Test(
        arguments: [
            (0, 1, true), (1e4, 1, true), (1e6, 1, false), (1e12, 1, false), (5, 0, true),
            (0, 1e100, false), (0, 1e-100, false), (0, 1e-200, false),
        ] as [(Double, Double, Bool)])
    func refusesAnswersThatFloatsCannotHold(mean: Double, scale: Double, isHeld: Bool) throws {
        let (data, output) = try Self.data(0)
        let answers = (0..<600).map { mean + scale * (data.rows[3 * $0] + data.rows[3 * $0 + 1]) }
        let moved = Dataset(schema: data.schema, rows: data.rows, target: .values(answers))
        guard isHeld else {
            #expect {
                try Self.learner().learn(moved, output: output)
            } throws: { error in
                guard case TrainingError.unsuitable = error else { return false }
                return true
            }
            return
        }
        let learnt = try Self.learner().learn(moved, output: output)
        var margins: [Double] = []
        learnt.kind.appendMargins(of: data.rows.span, to: &margins)
        let evaluation = Evaluation(margins: margins, output: output, target: moved.target)
        // The answers' deviation is 0.8.
        #expect(try #require(evaluation["rmse"]) < 0.2)
    }

    @Test(arguments: [[100_000, 100_000], [1 << 40, 1 << 40]])
    func refusesMoreWeightsThanFit(widths: [Int]) throws {
        let (data, output) = try Self.data(2, rowCount: 20)
        var learner = Self.learner()
        learner.hiddenWidths = widths
        #expect {
            try learner.learn(data, output: output)
        } throws: { error in
            guard case TrainingError.unsuitable(let reason) = error else { return false }
            return reason.contains("--hidden-layer-sizes")
        }
    }

    /// Derivatives by differences, in the directions of a few parameters of each layer.
    @Test(arguments: [0, 2, 3], [nil, ClassWeight.balanced])
    func descendsAlongTheGradient(labelCount: Int, classWeight: ClassWeight?) throws {
        let (data, output) = try Self.data(labelCount, rowCount: 130)
        let encoding = try LinearLearner.encoding(data, .standard)
        let objective = try PerceptronObjective(data, output, encoding, classWeight)
        var generator = SplitMix64(seed: 4)
        var network = PerceptronNetwork(
            widths: [encoding.columnCount, 9, 5, output.marginCount])
        network.initialise(&generator)
        let rows = Array(0..<130)
        let gradient = objective.evaluate(network, rows[...]).gradient
        // Small beside the kinks of rectified units, large beside the rounding of sums.
        let step: Float = 1 / 1024
        for layer in 0..<3 {
            for (row, column) in [(0, 0), (2, 0), (4, output.marginCount - 1)] {
                var (above, below) = (network, network)
                above.weights[layer][row, column] += step
                below.weights[layer][row, column] -= step
                let difference =
                    objective.evaluate(above, rows[...]).loss
                    - objective.evaluate(below, rows[...]).loss
                let slope = Double(gradient.weights[layer][row, column])
                #expect(abs(difference / Double(2 * step) - slope) < 0.02 * (1 + abs(slope)))
            }
            var (above, below) = (network, network)
            above.biases[layer][0, 0] += step
            below.biases[layer][0, 0] -= step
            let difference =
                objective.evaluate(above, rows[...]).loss
                - objective.evaluate(below, rows[...]).loss
            let slope = Double(gradient.biases[layer][0, 0])
            #expect(abs(difference / Double(2 * step) - slope) < 0.02 * (1 + abs(slope)))
        }
    }

    /// Heights and widths around the tiles of four by eight.
    @Test(arguments: [1, 3, 4, 5, 9], [1, 7, 8, 17])
    func multipliesMatrices(height: Int, width: Int) {
        let inner = 6
        var left = FloatMatrix(height, inner)
        var right = FloatMatrix(inner, width)
        for i in 0..<height { for k in 0..<inner { left[i, k] = Float(i * 7 + k * 3 % 5 - 4) } }
        for k in 0..<inner { for j in 0..<width { right[k, j] = Float(k * 5 - j * 2 % 7) } }
        var product = FloatMatrix(height, width)
        product[0, 0] = 3
        product.add(left, right)
        var other = FloatMatrix(height, width)
        other[0, 0] = 3
        other.add(left.transposed, isTransposed: true, right)
        #expect(product == other)
        for i in 0..<height {
            for j in 0..<width {
                var sum: Float = i == 0 && j == 0 ? 3 : 0
                for k in 0..<inner { sum += left[i, k] * right[k, j] }
                #expect(product[i, j] == sum)
            }
        }
        #expect(product.unpadded.count == height * width)
    }
}
