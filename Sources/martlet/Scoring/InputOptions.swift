// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CSV

/// The options of `predict` that say what to score and how it is written, as `martlet-train fit`
/// has them.
struct InputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The rows to score: CSV or TSV, gzip or not; - is standard input.", valueName: "file"))
    var input: String

    @Option(
        help: ArgumentHelp(
            """
            A text that means missing, beside the empty, NA, N/A, NaN, null and ? and what the \
            version was trained with; may be repeated.
            """, valueName: "text"))
    var missing: [String] = []

    @Option(help: "One character, or tab. (default: by the file's name and first line)")
    var delimiter: String?

    @Option(help: "Names of the columns, comma-separated, for a file without a header.")
    var columns: String?

    @Flag(help: "The file has no header; columns are column_1, column_2, ….")
    var noHeader = false

    func validate() throws {
        if let columns, CSVDialect.columnNames(columns).isEmpty {
            throw ValidationError("--columns names no column")
        }
        if let delimiter, CSVDialect.delimiter(named: delimiter) == nil {
            throw ValidationError("--delimiter '\(delimiter)' is not one ASCII character")
        }
    }

    /// What messages call the file.
    private var name: String { input == "-" ? "standard input" : input }

    /// Opens the input.
    ///
    /// - Throws: when it cannot be read, or is no table.
    func table() throws(CommandFailure) -> ScoredTable {
        let dialect = CSVDialect(delimiter: delimiter, columns: columns, hasHeader: !noHeader)
        let text = try WholeFile.decompressed(try WholeFile.read(input), name)
        return try ScoredTable(text, file: name, dialect: dialect)
    }
}
