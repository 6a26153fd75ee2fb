// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Models
import Testing
import Training

struct TrainedModelTests {
    private static let synthetic = SourceFile(
        name: "synthetic.csv",
        bytes: SyntheticTable(rowCount: 3000, featureCount: 6, seed: 4).text)

    private static func train(_ file: SourceFile) throws -> TrainedModel {
        let settings = PreparationSettings(target: SyntheticTable.target, task: .classification)
        let data = try Preparation(Table(file), testTable: nil, settings: settings)
        return try TrainedModel(
            data, learner: LinearLearner(.inverse(1)),
            settings: [.init(name: "seed", value: 0)])
    }

    @Test func givesTheSameBytesAgain() throws {
        #expect(
            try Self.train(Self.synthetic).model.artifact
                == Self.train(Self.synthetic).model.artifact)
    }

    @Test func writesAnArtifactThatProvesItself() throws {
        let trained = try Self.train(Self.synthetic)
        let model = try Model(artifact: trained.model.artifact)
        try model.verifyGoldenRows()
        #expect(model.goldenRows.count == 12)
        #expect(model.training["metrics"]?["test"]?["rows"]?.integer == 600)
        #expect(try #require(trained.test["roc_auc"]) > 0.9)
    }

    @Test func makesTheSameSyntheticDataAgain() {
        let one = SyntheticTable(rowCount: 3, featureCount: 2, seed: 1).text
        #expect(one == SyntheticTable(rowCount: 3, featureCount: 2, seed: 1).text)
        #expect(one != SyntheticTable(rowCount: 3, featureCount: 2, seed: 2).text)
        #expect(String(decoding: one, as: UTF8.self).hasPrefix("x1,x2,label\n"))
    }

    @Test(
        arguments: [
            (
                train: "adult_train.csv", test: "adult_test.csv", target: "income",
                metric: "roc_auc",
                least: 0.905
            ),
            (
                train: "california_housing.csv", test: nil, target: "median_house_value",
                metric: "r2",
                least: 0.63
            ),
        ] as [(train: String, test: String?, target: String, metric: String, least: Double)])
    func reachesThePublishedFigures(
        train: String, test: String?, target: String, metric: String, least: Double
    ) throws {
        let folder = "../shared/data/"
        guard access(folder + train, R_OK) == 0 else {
            try Test.cancel("\(train) is not there")
        }
        let task: LearningTask = metric == "r2" ? .regression : .classification
        let data = try Preparation(
            Table(SourceFile(path: folder + train)),
            testTable: test.map { try Table(SourceFile(path: folder + $0)) },
            settings: PreparationSettings(target: target, task: task))
        let learner = LinearLearner(task == .regression ? .alpha(1) : .inverse(1))
        let trained = try TrainedModel(data, learner: learner, settings: [])
        #expect(try #require(trained.test[metric]) >= least)
    }
}
