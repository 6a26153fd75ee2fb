// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Models
import Registry

/// `martlet predict`: a version's answers for a file, without a server.
struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict", abstract: "Score a CSV file with a version of a model.",
        discussion: """
            The input is read as martlet-train fit reads its data: comma, tab, semicolon or bar, \
            and the same texts for a missing value. Its columns are the model's features in any \
            order; others are left out. The output has a line for each row: prediction_0 is the \
            number, or the probability of the second of two classes; three classes or more have \
            a column each. A model from an ONNX file has the columns that its outputs have there, \
            such as label_0 and probabilities_0. Numbers are written so that they read back the \
            same.
            """)

    @Option(help: "The registry: one SQLite file.")
    var registry: String

    @Option(
        help: ArgumentHelp(
            """
            The model. Without a version or alias: production, or the newest version where there \
            is no such alias.
            """,
            valueName: "name[@version|alias]"))
    var model: String

    @OptionGroup var source: InputOptions

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
            throw CommandFailure(
                "\(self.model): this version cannot tell what its features contribute")
        }
        let columns = ScoreColumns(model, hasMargins: raw, hasContributions: contributions)
        var rows = try ScoredRows(
            try source.table(), model: model, missing: source.missing)
        var text: [UInt8] = []
        columns.appendHeader(to: &text)
        var block: [Double] = []
        var texts = RowTexts()
        var rowCount = 0
        while case let count = try rows.appendRows(
            upTo: Self.blockRowCount, to: &block, texts: &texts), count > 0
        {
            try columns.appendScores(
                of: block, texts: texts, rowsBefore: rowCount, to: &text)
            rowCount += count
            block.removeAll(keepingCapacity: true)
            texts.removeAll()
        }
        try WholeFile.write(text, to: output)
    }

    private func load() throws -> Model {
        do {
            let registry = try Registry(path: registry, mode: .readOnly)
            let record = try record(in: registry)
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

    /// A model that was just imported may have no alias yet; which version is then taken is told.
    private func record(in registry: Registry) throws(RegistryError) -> VersionRecord {
        let parts = model.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count > 1 { return try registry.find(String(parts[1]), of: String(parts[0])) }
        do throws(RegistryError) {
            return try registry.find(AliasName.production.description, of: model)
        } catch .unknownAlias {
            guard let newest = try registry.snapshot().versions.last(where: { $0.model == model })
            else { throw .unknownModel(model) }
            Console.error("\(model): none in production; the newest version, \(newest.version)")
            return newest
        }
    }
}
