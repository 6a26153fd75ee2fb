// SPDX-License-Identifier: Apache-2.0
import CSV
import Glibc
import JSON
import Models
import Testing

@testable import Training

struct TextLearnerTests {
    private static let csv = """
        label,message,length
        spam,Win a FREE prize now,20
        ham,are we still on for lunch,25
        spam,free entry: WIN cash,20
        ham,see you at lunch then,21
        spam,claim your free prize,21
        ham,lunch was good,14
        spam,you win! claim cash now,23
        ham,ok then see you,15
        """

    private static func preparation(
        _ csv: String, holdout: Double = 0.25
    ) throws -> Preparation {
        let file = SourceFile(name: "messages.csv", bytes: Array(csv.utf8))
        let table = try Table(file, dialect: CSVDialect())
        var settings = PreparationSettings(target: "label", task: .classification)
        settings.readsTexts = true
        settings.overrides.texts = ["message"]
        settings.holdout = holdout
        return try Preparation(table, testTable: nil, settings: settings)
    }

    private static func fit(_ csv: String) throws -> TrainedModel {
        try TrainedModel(preparation(csv), learner: LinearLearner(.inverse(10)), settings: [])
    }

    @Test func tellsTextsApart() throws {
        let trained = try Self.fit(Self.csv)
        let model = trained.model
        #expect(model.schema.features.map(\.kind) == [.text, .number])
        var texts = RowTexts()
        let row = [texts.append("free cash prize"), 18, texts.append("lunch then?"), 18, .nan, 18]
        var margins: [Double] = []
        model.appendMargins(of: row.span, texts: texts, to: &margins)
        // Labels in order are ham, spam.
        #expect(margins[0] > 0 && margins[1] < 0 && margins[2].isFinite)
        for (index, margin) in margins.enumerated() {
            let span = row.span
            let one = span.extracting((2 * index)..<(2 * index + 2))
            let found = model.explanation(of: one, texts: texts, output: 0)
            let explanation = try #require(found)
            let sum = explanation.contributions.reduce(explanation.base, +)
            #expect(abs(sum - margin) < 1e-12)
        }
    }

    @Test func comesBackFromItsArtifact() throws {
        let model = try Self.fit(Self.csv).model
        let read = try Model(artifact: model.artifact)
        #expect(read.kind == model.kind)
        #expect(read.schema == model.schema)
        try read.verifyGoldenRows()
        #expect(try Self.fit(Self.csv).model.artifact == model.artifact)
    }

    /// Folds, intervals and calibration go by the texts as the metrics do.
    @Test func isJudgedByItsTexts() throws {
        let rows = (0..<60).map { $0.isMultiple(of: 2) ? "spam,win cash now" : "ham,see you then" }
        let data = try Self.preparation((["label,message"] + rows).joined(separator: "\n"))
        let learner = LinearLearner(.inverse(10))
        let scores = try CrossValidation(foldCount: 3).scores(
            of: learner, on: data.train, output: data.output, keys: [])
        #expect(scores.first { $0.name == "accuracy" }?.mean == 1)
        var evaluation = EvaluationSettings()
        evaluation.resampleCount = 20
        let trained = try TrainedModel(
            data, learner: CalibratedLearner(learner, .platt, seed: 1), settings: [],
            evaluation: evaluation)
        #expect(trained.test["accuracy"] == 1)
        #expect(trained.intervals.first { $0.name == "accuracy" }?.low == 1)
    }

    @Test func readsTextsOfRequests() throws {
        let model = try Self.fit(Self.csv).model
        let request = Array(#"["Fr\u0065e \"cash\"", null]"#.utf8)
        var cursor = JSONCursor()
        var row: [Double] = []
        var texts = RowTexts()
        try model.schema.appendRow(&cursor, request.span, to: &row, texts: &texts)
        #expect(String(decoding: texts.bytes, as: UTF8.self) == #"Free "cash""#)
        #expect(row[0] == 0 && row[1].isNaN)
    }

    /// The figure that the field's users know: a quarter held out, logistic regression.
    @Test func findsSpam() throws {
        let path = "../shared/data/sms_spam.tsv"
        guard access(path, R_OK) == 0 else { try Test.cancel("\(path) is not there") }
        let table = try Table(
            SourceFile(path: path),
            dialect: CSVDialect(delimiter: 0x09, header: .names(["label", "message"])))
        var settings = PreparationSettings(target: "label", task: .classification)
        settings.readsTexts = true
        settings.holdout = 0.25
        let data = try Preparation(table, testTable: nil, settings: settings)
        let trained = try TrainedModel(data, learner: LinearLearner(.inverse(10)), settings: [])
        #expect((trained.test["accuracy"] ?? 0) >= 0.988)
        #expect((trained.test["roc_auc"] ?? 0) >= 0.996)
    }
}
