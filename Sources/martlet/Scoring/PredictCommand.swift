// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Models
import Registry

/// `martlet predict`: a version's answers for a file, without a server.
struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict", abstract: "Score a CSV file with a version of a model.",
        discussion: """
            The input's first line names the columns: the model's features in any order; others \
            are left out. An empty cell is a missing value. The output has a line for each row: \
            prediction_0 is the number, or the probability of the second of two classes; three \
            classes or more have a column each. A model from an ONNX file has the columns that its \
            outputs have there, such as label_0 and probabilities_0. Numbers are written so that \
            they read back the same.
            """)

    @Option(help: "The registry: one SQLite file.")
    var registry: String

    @Option(
        help: ArgumentHelp(
            "The model; production unless a version or alias follows.",
            valueName: "name[@version|alias]"))
    var model: String

    @Option(help: ArgumentHelp("The rows to score.", valueName: "file"))
    var input: String

    @Option(help: ArgumentHelp("The file to write; replaced if it is there.", valueName: "file"))
    var output: String

    @Flag(help: "Margins as well: raw_0 and so on, before the predictions.")
    var raw = false

    @Flag(help: "What each feature adds to each margin, and the base, behind the predictions.")
    var contributions = false

    /// How many rows are computed at a time.
    private static let blockRowCount = 1024

    func run() throws {
        let model = try load()
        guard !contributions || model.isExplainable else {
            throw CommandFailure("\(self.model): this kind of model has no contributions")
        }
        let columns = ScoreColumns(model, hasMargins: raw, hasContributions: contributions)
        var rows = try ScoredRows(
            file: input, text: try WholeFile.read(input), schema: model.schema,
            isPositional: model.outputColumns != nil)
        var text: [UInt8] = []
        columns.appendHeader(to: &text)
        var block: [Double] = []
        var texts = RowTexts()
        while try rows.appendRows(upTo: Self.blockRowCount, to: &block, texts: &texts) > 0 {
            columns.appendScores(of: block, texts: texts, to: &text)
            block.removeAll(keepingCapacity: true)
            texts.removeAll()
        }
        try WholeFile.write(text, to: output)
    }

    private func load() throws -> Model {
        let parts = model.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let version = parts.count > 1 ? String(parts[1]) : "production"
        do {
            let registry = try Registry(path: registry, mode: .readOnly)
            let record = try registry.find(version, of: String(parts[0]))
            let artifact = try registry.artifact(
                record.version, of: try ModelName(record.model))
            let model = try Model(artifact: artifact)
            try model.verifyGoldenRows()
            return model
        } catch let error as RegistryError {
            throw CommandFailure(error.description)
        } catch let error as ArtifactError {
            throw CommandFailure("\(model): \(error)")
        }
    }
}
