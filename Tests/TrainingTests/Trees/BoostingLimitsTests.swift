// SPDX-License-Identifier: Apache-2.0
import Models
import Testing

@testable import Training

/// Settings and answers with which boosting cannot go on.
struct BoostingLimitsTests {
    private static func refusal(
        _ data: Dataset, _ output: Output, _ change: (inout BoostingSettings) -> Void
    ) -> String? {
        var settings = BoostingSettings()
        settings.numIterations = 20
        change(&settings)
        do {
            _ = try BoostedTreesLearner(settings).learn(data, output: output)
        } catch {
            if case .unsuitable(let reason) = error { return reason }
            return "\(error)"
        }
        return nil
    }

    @Test(arguments: [0.1, 1e3, 1e308])
    func endsWhereTheLossHasNoNumber(learningRate: Double) throws {
        let data = try TreesExample.regression(400)
        let reason = Self.refusal(data, .regression) {
            $0.numIterations = 100
            $0.learningRate = learningRate
        }
        #expect((reason == nil) == (learningRate < 1))
        if let reason { #expect(reason.contains("--learning-rate")) }
    }

    @Test func endsWithoutAFiniteStart() throws {
        let (data, output) = try TreesExample.classes(400, classCount: 2)
        let reason = try #require(Self.refusal(data, output) { $0.scalePosWeight = 1e308 })
        #expect(reason.contains("not finite"))
    }

    @Test func endsWithoutFiniteDerivatives() throws {
        let data = try TreesExample.regression(400) { row, _ in row[0] > 0 ? 3 : 1 }
        let reason = try #require(
            Self.refusal(data, .regression) {
                $0.objective = .poisson
                $0.poissonMaxDeltaStep = 1e5
            })
        #expect(reason.contains("not finite"))
    }

    @Test func findsNoSplitForLeavesOfMoreRowsThanThereAre() throws {
        let data = try TreesExample.regression(400)
        var settings = BoostingSettings()
        settings.growing.minDataInLeaf = .max
        let learnt = try BoostedTreesLearner(settings).learn(data, output: .regression)
        #expect(try TreesExample.trees(learnt).trees.allSatisfy(\.splits.isEmpty))
    }

    @Test func clampsWhatIsNotRepresentable() {
        let units = GradientUnits(gradientMax: 1, hessianMax: 1)
        let limit: Int32 = 1 << 30
        #expect(units.pair(1, 0.5) == GradientPair(1 << 29, 1 << 28))
        #expect(units.pair(.infinity, -.infinity) == GradientPair(limit, -limit))
        #expect(units.pair(1e300, -1e300) == GradientPair(limit, -limit))
        #expect(units.pair(.nan, .nan) == GradientPair(limit, limit))
    }

    /// So small a part of the rows is one of them, not all.
    @Test func drawsARowAtLeast() throws {
        let data = try TreesExample.regression(400)
        var settings = BoostingSettings()
        settings.numIterations = 5
        settings.baggingFraction = 1e-300
        settings.baggingFreq = 1
        let learnt = try BoostedTreesLearner(settings).learn(data, output: .regression)
        #expect(try TreesExample.trees(learnt).trees.allSatisfy(\.splits.isEmpty))
    }

    @Test(arguments: [2, 3])
    func refusesMoreClassesThanTheObjectiveHas(classCount: Int) throws {
        let (data, output) = try TreesExample.classes(400, classCount: classCount)
        let reason = Self.refusal(data, output) { $0.isForTwoClasses = true }
        #expect((reason == nil) == (classCount == 2))
        if let reason { #expect(reason.contains("--objective binary is for two classes")) }
    }

    @Test func countsRowsIn32Bits() throws {
        try BinnedMatrix.requireRowNumbers(Int(Int32.max))
        #expect(throws: TrainingError.self) {
            try BinnedMatrix.requireRowNumbers(Int(Int32.max) + 1)
        }
    }
}
