// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Testing

struct KMeansModelTests {
    private static let centres = [0.5, 0.25, 0.5, 0.125, -1, 0, 1, 0.25]

    private static func model(_ centres: [Double] = centres) throws -> KMeansModel? {
        let schema = try #require(Example.schema)
        let encoding = try #require(
            KMeansEncoding(
                schema: schema,
                standardisations: [.init(mean: 40, scale: 8), nil],
                columnMeans: [0, 0.5, 0.25, 0.25]))
        return KMeansModel(encoding: encoding, centres: centres)
    }

    /// With a code beyond the dictionary, and missing values.
    @Test(arguments: [[44, 0], [20, 1], [40, 2], [.nan, 1], [56, .nan], [.nan, .nan]])
    func measuresDistancesOfPoints(row: [Double]) throws {
        let model = try #require(try Self.model())
        var margins: [Double] = []
        model.appendMargins(of: row.span, to: &margins)
        let point = model.encoding.point(of: row.span, at: 0)
        for cluster in 0..<2 {
            let centre = Self.centres[(cluster * 4)...].prefix(4)
            let squares = zip(point, centre).map { ($0 - $1) * ($0 - $1) }.reduce(0, +)
            #expect(abs(margins[cluster] + squares) < 1e-15)
        }
    }

    @Test func putsMeansForWhatIsMissing() throws {
        let model = try #require(try Self.model())
        let row = [Double.nan, .nan, 48, 2]
        let span = row.span
        #expect(model.encoding.point(of: span, at: 0) == [0, 0.5, 0.25, 0.25])
        #expect(model.encoding.point(of: span, at: 2) == [1, 0, 0, 1])
    }

    @Test func comesBackFromAnArtifact() throws {
        let schema = try #require(Example.schema)
        let kind = ModelKind.kMeans(try #require(try Self.model()))
        let output = try #require(Output(.clusters(2)))
        let model = try #require(
            Model(
                schema: schema, kind: kind,
                output: output,
                goldenRecords: [[40, "Bern"], [.null, "Ulm"]], training: .null))
        let read = try Model(artifact: model.artifact)
        #expect(read.kind == kind)
        #expect(!read.isExplainable)
        try read.verifyGoldenRows()
        #expect(read.goldenRows[0].outputs.count == 2)
    }

    @Test(arguments: [[], [1, 2, 3], [1, 2, 3, .infinity]])
    func refusesWhatAreNoCentres(centres: [Double]) throws {
        #expect(try Self.model(centres) == nil)
    }
}
