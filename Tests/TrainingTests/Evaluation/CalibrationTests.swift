// SPDX-License-Identifier: Apache-2.0
import Glibc
import Models
import Testing

@testable import Training

struct CalibrationTests {
    /// Labels drawn by a known curve of the margin: Platt's method finds it.
    @Test func findsALogisticCurve() throws {
        var generator = SplitMix64(seed: 2)
        var (margins, labels) = ([Double](), [Int32]())
        for _ in 0..<20_000 {
            let margin = Double.random(in: -3...3, using: &generator)
            let probability = 1 / (1 + exp(-(0.5 * margin - 1)))
            margins.append(margin)
            labels.append(Double.random(in: 0...1, using: &generator) < probability ? 1 : 0)
        }
        guard case .logistic(let slope, let intercept) = Calibration.platt.link(margins, labels)
        else {
            Issue.record("no logistic link")
            return
        }
        #expect(abs(slope - 0.5) < 0.05)
        #expect(abs(intercept + 1) < 0.05)
    }

    /// Separable classes have no finite slope but for the softened targets: at the two margins
    /// the curve meets them, 5/6 for four of four and 1/5 for none of three.
    @Test func softensTargets() throws {
        let link = Calibration.platt.link([-1, -1, -1, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 1])
        guard case .logistic(let slope, let intercept) = link else {
            Issue.record("no logistic link")
            return
        }
        #expect(abs(intercept + slope - log(5.0)) < 1e-6)
        #expect(abs(intercept - slope - log(0.25)) < 1e-6)
    }

    /// Shares 0, 1, 0, ½, 1 pool to 0, ½, ½, ½, 1.
    @Test func poolsAdjacentViolators() throws {
        let margins = [5.0, 4, 4, 3, 2, 1]
        let link = Calibration.isotonic.link(margins, [1, 1, 0, 0, 1, 0])
        guard case .isotonic(let curve) = link else {
            Issue.record("no isotonic link")
            return
        }
        #expect(curve.margins == [1, 2, 4, 5])
        #expect(curve.values == [0, 0.5, 0.5, 1])
    }

    @Test(arguments: Calibration.allCases)
    func needsBothClasses(calibration: Calibration) {
        #expect(calibration.link([1, 2], [1, 1]) == nil)
        #expect(calibration.link([1, .infinity], [0, 1]) == nil)
    }

    /// Naive Bayes on columns that repeat each other is far too sure of itself.
    @Test(arguments: Calibration.allCases)
    func betters(calibration: Calibration) throws {
        var generator = SplitMix64(seed: 6)
        var (rows, labels) = ([Double](), [Int32]())
        for row in 0..<4000 {
            let value = Double.random(in: -1...1, using: &generator) + (row % 2 == 0 ? 0.4 : 0)
            rows += [value, value, value, value, value, value]
            labels.append(row % 2 == 0 ? 1 : 0)
        }
        let schema = try #require(
            FeatureSchema((0..<6).map { Feature(name: "x\($0)", kind: .number) }))
        let data = Dataset(schema: schema, rows: rows, target: .labels(labels))
        let output = Output.binary(labels: ["n", "y"])
        func logLoss(_ learner: any Learner) throws -> Double {
            let learnt = try learner.learn(data, output: output)
            var margins: [Double] = []
            learnt.kind.appendMargins(of: rows.span, to: &margins)
            let evaluation = Evaluation(
                margins: margins, output: learnt.output, target: data.target)
            return try #require(evaluation["log_loss"])
        }
        let plain = try logLoss(NaiveBayesLearner())
        let calibrated = try logLoss(CalibratedLearner(NaiveBayesLearner(), calibration, seed: 1))
        #expect(calibrated < 0.75 * plain)
    }

    @Test func refusesMoreThanTwoClasses() throws {
        let schema = try #require(FeatureSchema([Feature(name: "x", kind: .number)]))
        let data = Dataset(schema: schema, rows: [1, 2, 3], target: .labels([0, 1, 2]))
        let learner = CalibratedLearner(NaiveBayesLearner(), .platt, seed: 1)
        #expect(throws: TrainingError.unsuitable("--calibration is for two classes")) {
            try learner.learn(data, output: .multiclass(labels: ["a", "b", "c"]))
        }
    }
}
