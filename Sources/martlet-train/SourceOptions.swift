// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CSV
import Training

/// The options of `fit` that say what to learn from.
struct SourceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("CSV or TSV, gzip or not; - is standard input.", valueName: "file"))
    var data: String

    @Option(
        help: ArgumentHelp(
            "The column to predict; none for a model that learns without answers.",
            valueName: "column"))
    var target: String?

    @Option(help: ArgumentHelp("Rows to judge the model by.", valueName: "file"))
    var test: String?

    @Option(help: "The part of the rows held out to judge the model by. (default: 0.2)")
    var holdout: Double?

    @Option(help: "The class that counts as positive. (default: the second in order)")
    var positive: String?

    @Option(help: "Columns that are numbers, comma-separated; may be repeated.")
    var number: [String] = []

    @Option(help: "Columns that are categories.")
    var category: [String] = []

    @Option(help: "Columns that are texts, for --model text or auto.")
    var text: [String] = []

    @Option(help: "Columns to leave out.")
    var ignore: [String] = []

    @Option(help: "A text that means missing, beside the empty, NA, N/A, NaN, null and ?.")
    var missing: [String] = []

    @Option(help: "Category values that occur less often are pooled.")
    var minCategoryCount = 10

    @Option(help: "One character, or tab. (default: by the file's name and first line)")
    var delimiter: String?

    @Option(help: "Names of the columns, comma-separated, for a file without a header.")
    var columns: String?

    @Flag(help: "The file has no header; columns are column_1, column_2, ….")
    var noHeader = false

    func validate() throws {
        guard test == nil || holdout == nil else {
            throw ValidationError("--test and --holdout exclude each other")
        }
        if let holdout, !(holdout > 0 && holdout < 1) {
            throw ValidationError("--holdout \(holdout) is not more than 0 and less than 1")
        }
        guard minCategoryCount >= 1 else {
            throw ValidationError("--min-category-count \(minCategoryCount) is not positive")
        }
        if let columns, Self.names([columns]).isEmpty {
            throw ValidationError("--columns names no column")
        }
        if let delimiter, CSVDialect.delimiter(named: delimiter) == nil {
            throw ValidationError("--delimiter '\(delimiter)' is not one ASCII character")
        }
        let named = [number, category, text, ignore].flatMap { Set(Self.names($0)) }
        for (index, name) in named.enumerated() where named[..<index].contains(name) {
            throw ValidationError("column '\(name)' is named for two roles")
        }
        if let target, named.contains(target) {
            throw ValidationError("column '\(target)' is the target and cannot be a feature")
        }
    }

    var dialect: CSVDialect {
        CSVDialect(delimiter: delimiter, columns: columns, hasHeader: !noHeader)
    }

    func settings(task: LearningTask, seed: UInt64) -> PreparationSettings {
        var settings = PreparationSettings(target: target, task: task)
        settings.overrides = ColumnOverrides(
            numbers: Self.names(number), categories: Self.names(category),
            texts: Self.names(text), ignored: Self.names(ignore))
        settings.missing = MissingTokens(others: missing)
        settings.categoryCountMin = minCategoryCount
        settings.positive = positive
        settings.holdout = holdout ?? 0.2
        settings.seed = seed
        return settings
    }

    private static func names(_ lists: [String]) -> [String] {
        lists.flatMap { CSVDialect.columnNames($0) }
    }
}
