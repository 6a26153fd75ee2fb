// SPDX-License-Identifier: Apache-2.0
import Importing
import Models
import Testing

/// What the libraries themselves answered about awkward rows: at thresholds, beside them, infinite,
/// missing, of unseen categories.
@Suite(.enabled(if: Fixture.isThere, "the fixtures are not here"))
struct FixtureTests {
    static let models: [(folder: String, file: String, tolerance: Double)] =
        [
            "lightgbm_binary_categorical", "lightgbm_dart", "lightgbm_l1", "lightgbm_multiclass",
            "lightgbm_poisson", "lightgbm_random_forest", "lightgbm_regression_missing",
        ].map { ($0, "model.txt", 1e-12) }
        + [
            "xgboost_binary", "xgboost_binary_categorical", "xgboost_dart", "xgboost_gamma",
            "xgboost_linear", "xgboost_multiclass", "xgboost_poisson", "xgboost_regression",
        ].flatMap { [($0, "model.json", 1e-6), ($0, "model.ubj", 1e-6)] }
        + ["catboost_binary", "catboost_regression"].map { ($0, "model.json", 1e-12) }

    /// Margins bit for bit; predictions within what two libraries' `exp` may differ by, relative to
    /// those above 1.
    @Test(arguments: models)
    func answersAsTheLibraryDid(_ folder: String, _ file: String, _ tolerance: Double) throws {
        let fixture = try Fixture(folder, file: file)
        let model = try #require(fixture.model.model)
        #expect(fixture.rowCount == 200)
        var margins: [Double] = []
        model.appendMargins(of: fixture.rows.span, to: &margins)
        let count = model.output.marginCount
        var outputs: [Double] = []
        for row in 0..<fixture.rowCount {
            var values: [Double] = []
            model.output.appendOutputs(margins.span, at: row * count, to: &values)
            // Of two classes the libraries give the second's probability.
            if case .binary = model.output.task { values.removeFirst() }
            outputs += values
        }
        for index in 0..<count {
            let raw = try #require(fixture.expected["raw_\(index)"])
            let predictions = try #require(fixture.expected["prediction_\(index)"])
            for row in 0..<fixture.rowCount {
                let margin = margins[row * count + index]
                #expect(margin.bitPattern == raw[row].bitPattern, "row \(row), margin \(index)")
                let difference = abs(outputs[row * count + index] - predictions[row])
                #expect(
                    difference <= tolerance * max(1, abs(predictions[row])),
                    "row \(row), prediction \(index)")
            }
        }
    }

    @Test(arguments: models)
    func survivesItsArtifact(_ folder: String, _ file: String, _ tolerance: Double) throws {
        let fixture = try Fixture(folder, file: file)
        let model = try #require(fixture.model.model)
        let again = try Model(artifact: model.artifact)
        #expect(again.kind == model.kind)
        #expect(again.schema == model.schema)
        #expect(again.output == model.output)
        #expect(model.goldenRows.count >= 20)
        try again.verifyGoldenRows()
    }

    /// Decimals and bits of the same floats.
    @Test(arguments: models.filter { $0.file == "model.ubj" }.map(\.folder))
    func readsTheSameFromBothOfXGBoostsFormats(_ folder: String) throws {
        let text = try Fixture(folder, file: "model.json").model
        #expect(try Fixture(folder, file: "model.ubj").model == text)
    }

    /// Contributions of the features, and behind them the base.
    @Test(arguments: models)
    func explainsAsTheLibraryDid(_ folder: String, _ file: String, _ tolerance: Double) throws {
        let fixture = try Fixture(folder, file: file)
        let model = try #require(fixture.model.model)
        guard !fixture.contributions.isEmpty else { return }
        #expect(model.isExplainable)
        let width = model.schema.count
        for (row, expected) in fixture.contributions.enumerated() {
            let values = Array(fixture.rows[row * width..<(row + 1) * width])
            for index in 0..<model.output.marginCount {
                // A span inside the macro would have to be copied.
                let answer = model.explanation(of: values.span, output: index)
                let explanation = try #require(answer)
                let found = explanation.contributions + [explanation.base]
                let wanted = expected[index * (width + 1)..<(index + 1) * (width + 1)]
                for (column, (left, right)) in zip(found, wanted).enumerated() {
                    #expect(
                        abs(left - right) <= 1e-6 * max(1, abs(right)),
                        "row \(row), margin \(index), column \(column)")
                }
            }
        }
    }
}
