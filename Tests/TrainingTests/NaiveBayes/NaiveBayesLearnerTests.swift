// SPDX-License-Identifier: Apache-2.0
import Glibc
import Models
import Testing
import Training

struct NaiveBayesLearnerTests {
    private static func data() throws -> Dataset {
        let dictionary = try #require(CategoryDictionary(values: ["a", "b"]))
        let schema = try #require(
            FeatureSchema([
                Feature(name: "x", kind: .number),
                Feature(name: "c", kind: .category(dictionary)),
            ]))
        return Dataset(
            schema: schema, rows: [1, 0, 3, 0, .nan, 1, 10, 1, 14, .nan, 12, 2],
            target: .labels([0, 0, 0, 1, 1, 1]))
    }

    private static func learn(_ classWeight: ClassWeight? = nil) throws -> NaiveBayesModel {
        let learner = NaiveBayesLearner(varianceSmoothing: 1e-3, classWeight: classWeight)
        let learnt = try learner.learn(try data(), output: .binary(labels: ["n", "y"]))
        guard case .naiveBayes(let model) = learnt.kind else {
            throw TrainingError.inconsistent("kind")
        }
        return model
    }

    /// Means 2 and 12, variances 1 and 8/3 and a thousandth of the whole's, 26.
    @Test func skipsWhatIsMissing() throws {
        let model = try Self.learn()
        #expect(model.gaussians.means == [2, 12])
        let values: [Double] = [1, 3, 10, 14, 12]
        let squares: [Double] = values.map { ($0 - 8) * ($0 - 8) }
        let smoothing = squares.reduce(0, +) / 5 * 1e-3
        let expected: [Double] = [1 + smoothing, 8.0 / 3 + smoothing]
        for (variance, value) in zip(model.gaussians.variances, expected) {
            #expect(abs(variance - value) < 1e-12)
        }
        // Codes a, b, other under Laplace's rule: 3, 2, 1 of 6 and 1, 2, 2 of 5.
        let shares: [Double] = [0.5, 0.2, 1.0 / 3, 0.4, 1.0 / 6, 0.4]
        let logarithms: [Double] = shares.map { log($0) }
        for (found, value) in zip(model.logProbabilities, logarithms) {
            #expect(abs(found - value) < 1e-12)
        }
        let prior: Double = log(0.5)
        #expect(model.logPriors == [prior, prior])
    }

    @Test func balancesPriors() throws {
        let schema = try #require(FeatureSchema([Feature(name: "x", kind: .number)]))
        let data = Dataset(schema: schema, rows: [1, 2, 3, 9], target: .labels([0, 0, 0, 1]))
        let output = Output.binary(labels: ["n", "y"])
        let cases: [(ClassWeight?, Double)] = [(nil, 0.75), (.balanced, 0.5)]
        for (weight, share) in cases {
            let learnt = try NaiveBayesLearner(classWeight: weight).learn(data, output: output)
            guard case .naiveBayes(let model) = learnt.kind else {
                Issue.record("not of the kind")
                return
            }
            #expect(abs(model.logPriors[0] - log(share)) < 1e-12)
        }
    }

    /// A label of one value, a constant column, a column that a label never has.
    @Test func staysFiniteOnDegenerateColumns() throws {
        let schema = try #require(
            FeatureSchema((0..<3).map { Feature(name: "x\($0)", kind: .number) }))
        let data = Dataset(
            schema: schema, rows: [1, 5, .nan, 2, 5, .nan, 9, 5, 4],
            target: .labels([0, 0, 1]))
        let learnt = try NaiveBayesLearner().learn(data, output: .binary(labels: ["n", "y"]))
        let row = [3.0, 5, 6]
        var margins: [Double] = []
        learnt.kind.appendMargins(of: row.span, to: &margins)
        #expect(margins[0].isFinite)
    }
}
