// SPDX-License-Identifier: Apache-2.0
import Models
import Testing

@testable import Training

struct CrossValidationTests {
    private static let labels = (0..<90).map { Int32($0 % 9 == 0 ? 1 : 0) }

    @Test func spreadsClassesEvenly() throws {
        let validation = CrossValidation(foldCount: 4, seed: 3)
        let folds = try validation.folds(.labels(Self.labels), [])
        #expect(folds.flatMap(\.test).sorted() == Array(0..<90))
        for fold in folds {
            #expect((fold.train + fold.test).sorted() == Array(0..<90))
            #expect(22...23 ~= fold.test.count)
            #expect(2...3 ~= fold.test.count { Self.labels[$0] == 1 })
        }
        #expect(try validation.folds(.labels(Self.labels), []) == folds)
        let other = CrossValidation(foldCount: 4, seed: 4)
        #expect(try other.folds(.labels(Self.labels), []) != folds)
    }

    @Test func keepsGroupsTogether() throws {
        let keys = (0..<90).map { Int32($0 * $0 % 13) }
        let validation = CrossValidation(foldCount: 3, scheme: .grouped)
        let folds = try validation.folds(.labels(Self.labels), keys)
        #expect(folds.flatMap(\.test).sorted() == Array(0..<90))
        for fold in folds {
            let groups = Set(fold.test.map { keys[$0] })
            #expect(groups.isDisjoint(with: fold.train.map { keys[$0] }))
            #expect(20...45 ~= fold.test.count)
        }
    }

    @Test func judgesByWhatComesLater() throws {
        let keys = (0..<90).map { Int32(($0 * 37 % 90) / 4) }
        let validation = CrossValidation(foldCount: 5, scheme: .timeOrdered)
        let folds = try validation.folds(.labels(Self.labels), keys)
        #expect(folds.count == 5)
        for fold in folds {
            let last = try #require(fold.train.map { keys[$0] }.max())
            let first = try #require(fold.test.map { keys[$0] }.min())
            #expect(last < first)
        }
        #expect(folds[4].train.count + folds[4].test.count == 90)
    }

    @Test(arguments: [
        (CrossValidation.Scheme.stratified, 11), (.grouped, 3), (.timeOrdered, 2),
    ])
    func refusesTooManyFolds(scheme: CrossValidation.Scheme, foldCount: Int) {
        let keys = (0..<90).map { Int32($0 % 2) }
        let validation = CrossValidation(foldCount: foldCount, scheme: scheme)
        #expect(throws: TrainingError.self) {
            try validation.folds(.labels(Self.labels), keys)
        }
    }

    /// A line is found in every fold, and nothing in answers without a rule.
    @Test func scoresEveryFold() throws {
        let schema = try #require(FeatureSchema([Feature(name: "x", kind: .number)]))
        let x = (0..<60).map { Double($0 * 7 % 60) }
        let data = Dataset(
            schema: schema, rows: x, target: .values(x.map { 3 * $0 + 1 }))
        let scores = try CrossValidation(foldCount: 5).scores(
            of: LinearLearner(.alpha(0.001)), on: data, output: .regression, keys: [])
        #expect(scores.map(\.name) == ["rmse", "mae", "r2"])
        #expect(abs(scores[2].mean - 1) < 1e-6 && scores[0].deviation < 0.01)
        let wild = Dataset(
            schema: schema, rows: x, target: .values(x.indices.map { Double($0 % 2) }))
        let chance = try CrossValidation(foldCount: 5).scores(
            of: LinearLearner(.alpha(1)), on: wild, output: .regression, keys: [])
        #expect(chance[2].mean < 0.3)
    }
}
