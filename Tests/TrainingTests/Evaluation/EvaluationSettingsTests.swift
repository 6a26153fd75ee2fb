// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Testing
import Training

struct EvaluationSettingsTests {
    private static func prepared() throws -> Preparation {
        let file = SourceFile(
            name: "synthetic.csv",
            bytes: SyntheticTable(rowCount: 2000, featureCount: 4, seed: 4).text)
        let settings = PreparationSettings(target: SyntheticTable.target, task: .classification)
        return try Preparation(Table(file), testTable: nil, settings: settings)
    }

    /// A missed positive that costs four times as much: fewer are missed, and what mistakes cost in
    /// all falls.
    @Test func movesTheThresholdByCosts() throws {
        let data = try Self.prepared()
        var settings = EvaluationSettings()
        let even = try TrainedModel(
            data, learner: LinearLearner(.inverse(1)), settings: [], evaluation: settings)
        settings.costs = .init(falsePositive: 1, falseNegative: 4)
        let moved = try TrainedModel(
            data, learner: LinearLearner(.inverse(1)), settings: [], evaluation: settings)
        #expect(moved.model.output.threshold == 0.2)
        let recalls = try [even, moved].map { try #require($0.test["recall"]) }
        #expect(recalls[1] > recalls[0])
        #expect(even.test["roc_auc"] == moved.test["roc_auc"])
        let read = try Model(artifact: moved.model.artifact)
        #expect(read.output.threshold == 0.2)
    }

    /// Every other feature of the synthetic table counts.
    @Test func tellsFeaturesThatCount() throws {
        var settings = EvaluationSettings()
        settings.permutationRepeatCount = 5
        settings.resampleCount = 50
        let trained = try TrainedModel(
            try Self.prepared(), learner: LinearLearner(.inverse(1)), settings: [],
            evaluation: settings)
        let means = trained.importances.map(\.mean)
        try #require(means.count == 4)
        #expect(min(means[0], means[2]) > 5 * max(abs(means[1]), abs(means[3])))
        let recorded = trained.model.training["permutation_importance"]?.array
        #expect(recorded?.count == 4)
        let interval = trained.model.training["metrics"]?["test_intervals"]?["roc_auc"]?.array
        let area = try #require(trained.test["roc_auc"])
        let bounds = try #require(interval).compactMap(\.number)
        #expect(bounds[0] < area && area < bounds[1])
    }
}
