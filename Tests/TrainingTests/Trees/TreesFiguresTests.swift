// SPDX-License-Identifier: Apache-2.0
import CSV
import Glibc
import Testing
import Training

/// What a hundred trees reach on public data; skipped where the files are absent.
struct TreesFiguresTests {
    private static let folder = "../shared/data/"

    private static func data(
        _ train: String, _ test: String?, _ target: String, _ task: LearningTask
    ) throws -> Preparation {
        guard access(folder + train, R_OK) == 0 else {
            try Test.cancel("\(train) is not there")
        }
        let isNumbered = train.hasSuffix(".tsv")
        let dialect = CSVDialect(header: isNumbered ? .numbered : .firstRecord)
        return try Preparation(
            Table(SourceFile(path: folder + train), dialect: dialect),
            testTable: test.map { try Table(SourceFile(path: folder + $0), dialect: dialect) },
            settings: PreparationSettings(target: target, task: task))
    }

    @Test(
        arguments: [
            ("adult_train.csv", "adult_test.csv", "income", "roc_auc", 0.929),
            ("higgs_train.tsv", "higgs_test.tsv", "column_1", "roc_auc", 0.830),
            // With all the trees that early stopping asks for it is 0.845.
            ("california_housing.csv", nil, "median_house_value", "r2", 0.825),
        ] as [(String, String?, String, String, Double)])
    func boostedTreesReachTheirs(
        _ train: String, _ test: String?, _ target: String, _ metric: String, _ least: Double
    ) throws {
        let data = try Self.data(train, test, target, .inferred)
        var settings = BoostingSettings()
        settings.numIterations = 100
        let trained = try TrainedModel(data, learner: BoostedTreesLearner(settings), settings: [])
        #expect(try #require(trained.test[metric]) >= least)
        if train == "adult_train.csv" { #expect(try #require(trained.test["log_loss"]) <= 0.277) }
    }
}
