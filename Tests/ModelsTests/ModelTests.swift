// SPDX-License-Identifier: Apache-2.0
import Models
import Testing

struct ModelTests {
    @Test(arguments: [
        (#"[50, "Bern"]"#, 5.5), (#"[40, "Köln"]"#, -2.5),
        (#"[30, "Ulm"]"#, 3.5),
        ("[null, null]", 8.5),
    ])
    func addsWeightedColumns(_ json: String, _ expected: Double) throws {
        let model = try #require(Example.model())
        let row = try Example.row(json)
        var margins: [Double] = []
        model.appendMargins(of: row.span, to: &margins)
        #expect(margins == [expected])
        let found = model.explanation(of: row.span, output: 0)
        let explanation = try #require(found)
        #expect(explanation.contributions.reduce(explanation.base, +) == expected)
    }

    @Test func manyRowsAnswerAsEachAlone() throws {
        let model = try #require(Example.model())
        let rows = try [#"[50.25, "Bern"]"#, "[null, null]", #"[1e-3, "x"]"#].map(Example.row)
        let joined = rows.flatMap(\.self)
        var together: [Double] = []
        model.appendMargins(of: joined.span, to: &together)
        var alone: [Double] = []
        for row in rows { model.appendMargins(of: row.span, to: &alone) }
        #expect(together == alone)
    }

    @Test(arguments: [
        (Output.binary(labels: ["a", "b"]), [0.0], 0, [0.5, 0.5]),
        (.multiclass(labels: ["a", "b", "c"]), [1000, 1000, -1000], 0, [0.5, 0.5, 0]),
        (.regression, [9, 8], 1, [8]),
    ])
    func turnsMarginsIntoOutputs(
        _ output: Output, _ margins: [Double], _ start: Int, _ expected: [Double]
    ) {
        var outputs: [Double] = []
        output.appendOutputs(margins.span, at: start, to: &outputs)
        #expect(outputs == expected)
    }

    @Test(arguments: [
        (Output.binary(labels: ["a", "b"]), [0.0], 0), (.binary(labels: ["a", "b"]), [1e-300], 1),
        (.multiclass(labels: ["a", "b", "c"]), [1, 3, 3], 1),
    ])
    func predictsTheFirstOfTheLikeliest(_ output: Output, _ margins: [Double], _ expected: Int) {
        #expect(output.predictedIndex(margins.span, at: 0) == expected)
    }
}
