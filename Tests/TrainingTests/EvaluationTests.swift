// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Testing
import Training

struct EvaluationTests {
    @Test(arguments: MetricsReference.cases.indices)
    func agreesWithScikitLearn(index: Int) throws {
        let reference = MetricsReference.cases[index]
        let labels = (0..<reference.labelCount).map { "\($0)" }
        let output: Output =
            switch reference.labelCount {
            case 0: .regression
            case 2: .binary(labels: labels)
            default: .multiclass(labels: labels)
            }
        let target: Target =
            reference.labelCount == 0
            ? .values(reference.answers) : .labels(reference.answers.map { Int32($0) })
        let evaluation = Evaluation(margins: reference.margins, output: output, target: target)
        #expect(evaluation.metrics.count == reference.expected.count)
        for (name, expected) in reference.expected {
            let value = try #require(evaluation[name], "\(reference.name): \(name)")
            #expect(
                abs(value - expected) <= 1e-12 * max(1, abs(expected)), "\(reference.name): \(name)"
            )
        }
    }

    @Test func leavesAnAreaUndefinedWithOneClass() {
        let evaluation = Evaluation(
            margins: [1, 2], output: .binary(labels: ["a", "b"]), target: .labels([0, 0]))
        #expect(evaluation["roc_auc"] == nil)
        #expect(evaluation["pr_auc"] == nil)
        #expect(evaluation.json["roc_auc"] == .null)
        #expect(evaluation["accuracy"] == 0)
    }

    @Test func scoresAConstantAnswerByWhetherItWasMet() {
        let perfect = Evaluation(margins: [3, 3], output: .regression, target: .values([3, 3]))
        #expect(perfect["r2"] == 1)
        let single = Evaluation(margins: [3], output: .regression, target: .values([3]))
        #expect(single["r2"] == nil)
    }
}
