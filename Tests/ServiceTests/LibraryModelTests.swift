// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Registry
import Testing

/// Models of the official libraries through the built program: imported, scored from a file, served
/// and explained.
@Suite(.serialized, .enabled(if: !LibraryModel.all.isEmpty, "the fixtures are not here"))
struct LibraryModelTests {
    @Test func thereAreModelsOfEveryLibrary() {
        #expect(LibraryModel.all.count >= 31)
        let libraries = Set(LibraryModel.all.map { String($0.library) })
        #expect(libraries == ["lightgbm", "xgboost", "catboost", "onnx"])
    }

    @Test(arguments: LibraryModel.all)
    func answersAsTheLibraryDid(_ model: LibraryModel) async throws {
        let fixture = try ServiceFixture()
        let scored = try scores(model, fixture)
        try compareOutputs(scored, model)
        try compareContributions(scored, model)
        try await compareAnswers(scored, model, fixture)
    }

    /// Imports a model and scores its rows, with margins, and contributions where they are known.
    private func scores(
        _ model: LibraryModel, _ fixture: ServiceFixture
    ) throws -> LibraryModel.Table {
        let imported = try fixture.run([
            "models", "import", model.path, "--name", "m", "--alias", "production",
        ])
        try #require(imported.code == 0, "\(imported.output)")
        let output = "\(fixture.folder)/scores.csv"
        var words = ["--raw"]
        if try model.contributions() != nil { words.append("--contributions") }
        let scored = try fixture.run(
            ["predict", "--model", "m", "--input", model.rowsPath, "--output", output] + words)
        try #require(scored.code == 0, "\(scored.output)")
        return try LibraryModel.Table(output)
    }

    /// Margins bit for bit, labels the same, predictions within what is promised.
    private func compareOutputs(_ scored: LibraryModel.Table, _ model: LibraryModel) throws {
        let expected = try model.expected()
        #expect(scored.rows.count == expected.rows.count)
        let start = try #require(scored.header.firstIndex(of: expected.header[0]))
        #expect(scored.header[start...].starts(with: expected.header))
        for (row, (found, wanted)) in zip(scored.rows, expected.rows).enumerated() {
            for (column, (left, right)) in zip(found[start...], wanted).enumerated() {
                let name = expected.header[column]
                if name.hasPrefix("label") {
                    #expect(left == right, "row \(row), \(name)")
                    continue
                }
                let (left, right) = (try #require(Double(left)), try #require(Double(right)))
                if name.hasPrefix("raw_") {
                    #expect(left.bitPattern == right.bitPattern, "row \(row), \(name)")
                }
                #expect(
                    abs(left - right) <= model.tolerance * max(1, abs(right)),
                    "row \(row), \(name)")
            }
        }
    }

    private func compareContributions(_ scored: LibraryModel.Table, _ model: LibraryModel) throws {
        guard let contributions = try model.contributions() else { return }
        for (row, wanted) in contributions.rows.enumerated() {
            let found = try scored.numbers(row, "contribution")
            #expect(found.count == wanted.count)
            for (column, (left, right)) in zip(found, wanted).enumerated() {
                let difference = abs(left - (try #require(Double(right))))
                #expect(difference <= 1e-6, "row \(row), contribution \(column)")
            }
        }
    }

    /// A server answers with the numbers of the file, and explains with them.
    private func compareAnswers(
        _ scored: LibraryModel.Table, _ library: LibraryModel, _ fixture: ServiceFixture
    ) async throws {
        let registry = try Registry(path: fixture.registryPath, mode: .readOnly)
        let model = try Model(artifact: try registry.artifact(1, of: ModelName("m")))
        let server = try await fixture.serve()
        let (rows, instances) = try Self.instances(try library.rows(), model.schema)
        #expect(rows.count >= 190)
        let explains = try library.contributions() != nil
        let body = "{\"instances\":[\(instances)],\"explain\":\(explains)}"
        let connection = try #require(KeepAlive(port: UInt16(fixture.port)))
        let answer = try connection.answer(
            "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        try #require(answer.status == 200, "\(answer.text)")
        let predictions = try #require(try JSONValue(parsing: answer.text)["predictions"]?.array)
        #expect(predictions.count == rows.count)
        for (row, prediction) in zip(rows, predictions) {
            let found = try Self.numbers(prediction, model)
            #expect(try Self.isSame(found, scored, row, model), "row \(row)")
        }
        #expect(server.pid > 0)
    }

    /// The rows that JSON can say, by number, and as records by position.
    private static func instances(
        _ table: LibraryModel.Table, _ schema: FeatureSchema
    ) throws -> (rows: [Int], text: String) {
        // An ONNX input of many columns does not name them.
        let columns = try schema.features.enumerated().map { index, feature in
            try #require(
                table.header.firstIndex(of: feature.name)
                    ?? (table.header.count == schema.count ? index : nil))
        }
        let rows = table.rows.indices.filter { !table.rows[$0].contains { $0.hasSuffix("inf") } }
        let records = rows.map { row in
            let cells = zip(schema.features, columns).map { feature, column in
                let cell = table.rows[row][column]
                if cell.isEmpty { return "null" }
                return feature.kind == .number ? cell : JSONValue.string(cell).text
            }
            return "[\(cells.joined(separator: ","))]"
        }
        return (rows, records.joined(separator: ","))
    }

    /// What an answer says of a row: the outputs, and the parts of the margin that it explains.
    private static func numbers(
        _ answer: JSONValue, _ model: Model
    ) throws -> (outputs: [Double], parts: [Double]) {
        let outputs =
            try answer["probabilities"]?.members?.map { try #require($0.value.number) }
            ?? [try #require(answer["prediction"]?.number)]
        guard let explanation = answer["explanation"] else { return (outputs, []) }
        let parts = try #require(explanation["contributions"]?.members)
        #expect(parts.map(\.name) == model.schema.features.map(\.name))
        return (
            outputs,
            try parts.map { try #require($0.value.number) }
                + [try #require(explanation["base"]?.number)]
        )
    }

    /// Whether they are those of the file. Of two classes it has the second's probability; of three
    /// or more the answer explains the one that it predicts.
    private static func isSame(
        _ found: (outputs: [Double], parts: [Double]), _ scored: LibraryModel.Table, _ row: Int,
        _ model: Model
    ) throws -> Bool {
        let raw = try scored.numbers(row, "raw_")
        var outputs = try scored.numbers(row, "prediction_")
        if let columns = model.outputColumns {
            outputs = try columns.values.flatMap { try scored.numbers(row, $0) }
        }
        guard !outputs.isEmpty, found.outputs.suffix(outputs.count) == outputs[...] else {
            return false
        }
        let best = try #require(raw.indices.max { raw[$0] < raw[$1] })
        let prefix = raw.count > 1 ? "contribution_\(best)_" : "contribution_"
        return found.parts == (try scored.numbers(row, prefix))
    }
}
