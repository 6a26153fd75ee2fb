// SPDX-License-Identifier: Apache-2.0
import Models
import Testing

@testable import Training

struct MistakeCostsTests {
    private static let output = Output.binary(labels: ["no", "yes"])

    /// Log-odds of 0.1, 0.3, 0.6 and 0.9; a quarter is where 1 and 3 put the threshold.
    private static let margins =
        [-2.197_224_577_336, -0.847_297_860_387, 0.405_465_108_108]
        + [2.197_224_577_336]

    @Test func countsAtTheThresholdAndAtAHalf() throws {
        let costs = try #require(
            MistakeCosts(
                .init(falsePositive: 1, falseNegative: 3), margins: Self.margins,
                output: Self.output, target: .labels([0, 1, 0, 1])))
        #expect(costs.costs.threshold == 0.25)
        #expect(
            costs.confusion
                == .init(
                    truePositives: 2, falsePositives: 1, trueNegatives: 1, falseNegatives: 0))
        #expect(costs.costPerRow == 0.25)
        #expect(costs.costPerRowAtHalf == 1)
    }

    @Test func needsTwoClassesAndRows() {
        let costs = EvaluationSettings.Costs(falsePositive: 1, falseNegative: 1)
        #expect(
            MistakeCosts(costs, margins: [], output: Self.output, target: .labels([])) == nil)
        #expect(
            MistakeCosts(costs, margins: [1], output: .regression, target: .values([1])) == nil)
    }
}
