// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Testing

struct NaiveBayesModelTests {
    /// A number and a category of two values; figures that sums can be checked by.
    private static func model(labelCount: Int, variance: Double = 2) throws -> NaiveBayesModel? {
        let schema = try #require(Example.schema)
        let cells = (0..<labelCount).map { Double($0) }
        return NaiveBayesModel(
            schema: schema, logPriors: cells.map { -1 - $0 },
            gaussians: .init(
                means: cells.map { 40 + 2 * $0 }, variances: cells.map { variance + $0 },
                logScales: cells.map { -0.5 * $0 }),
            logProbabilities: (0..<(3 * labelCount)).map { -0.25 * Double($0) })
    }

    /// For three labels, age 42 and Köln: `-1 - k - k/2 - (2 - 2k)²/(4 + 2k) - (3 + k)/4`.
    @Test func sumsLogLikelihoods() throws {
        let model = try #require(try Self.model(labelCount: 3))
        let rows = [42.0, 1, .nan, .nan]
        var margins: [Double] = []
        model.appendMargins(of: rows.span, to: &margins)
        let expected = (0..<3).map { label in
            let k = Double(label)
            return -1 - k - k / 2 - (2 - 2 * k) * (2 - 2 * k) / (4 + 2 * k) - (3 + k) / 4
        }
        for (margin, value) in zip(margins, expected) { #expect(abs(margin - value) < 1e-12) }
        #expect(Array(margins[3...]) == [-1, -2, -3])
    }

    @Test func givesLogOddsOfTwoLabels() throws {
        let model = try #require(try Self.model(labelCount: 2))
        let rows = [42.0, 2]
        var margins: [Double] = []
        model.appendMargins(of: rows.span, to: &margins)
        // -1 of the priors, -0.5 against -1 of the number, -1.25 against -1 of the category.
        #expect(margins == [-0.75])
    }

    @Test(arguments: [2, 3], [[42.0, 1], [.nan, 0], [17.5, .nan], [.nan, .nan]])
    func explainsItsMargins(labelCount: Int, row: [Double]) throws {
        let model = try #require(try Self.model(labelCount: labelCount))
        var margins: [Double] = []
        model.appendMargins(of: row.span, to: &margins)
        for output in margins.indices {
            let explanation = model.explanation(of: row.span, output: output)
            let sum = explanation.contributions.reduce(explanation.base, +)
            #expect(sum == margins[output])
            #expect(explanation.contributions[0] != 0 || row[0].isNaN)
        }
    }

    @Test func comesBackFromAnArtifact() throws {
        let schema = try #require(Example.schema)
        let bayes = try #require(try Self.model(labelCount: 3))
        let kind = ModelKind.naiveBayes(bayes)
        let model = try #require(
            Model(
                schema: schema, kind: kind,
                output: .multiclass(labels: ["a", "b", "c"]),
                goldenRecords: [[40, "Bern"], [.null, .null]], training: .null))
        let read = try Model(artifact: model.artifact)
        #expect(read.kind == kind)
        #expect(read.isExplainable)
        #expect(read.artifact == model.artifact)
        try read.verifyGoldenRows()
    }

    @Test(arguments: [0, -1, .nan, .infinity])
    func refusesAVarianceThatIsNone(variance: Double) throws {
        #expect(try Self.model(labelCount: 2, variance: variance) == nil)
    }
}
