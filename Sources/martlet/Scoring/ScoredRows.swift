// SPDX-License-Identifier: Apache-2.0
import CSV
import JSON
import Models

/// A table's rows as those of a schema.
struct ScoredRows {
    private var table: ScoredTable
    private let schema: FeatureSchema
    /// By feature.
    private let columns: [Int]
    /// What stands for a missing value by the user's word, now or in training.
    private let missing: MissingTokens
    private static let standardMissing = MissingTokens()

    /// - Parameter missing: what stands for a missing value, beside the standard tokens.
    /// - Throws: when a feature has no column, or two columns bear its name.
    init(_ table: ScoredTable, model: Model, missing: [String]) throws(CommandFailure) {
        self.table = table
        schema = model.schema
        // What a version was trained with is missing wherever it is asked.
        let recorded = model.training["missing"]?.array?.compactMap(\.string) ?? []
        self.missing = MissingTokens(only: missing + recorded)
        columns = try Self.columns(table, model)
    }

    /// Columns may be taken in order where there is one for each feature and none bears a feature's
    /// name, if the model comes from ONNX: an input of many columns names none there.
    private static func columns(
        _ table: ScoredTable, _ model: Model
    ) throws(CommandFailure) -> [Int] {
        let features = model.schema.features
        let names = table.columnNames
        if model.outputColumns != nil, !features.contains(where: { names.contains($0.name) }) {
            guard names.count == features.count else {
                throw CommandFailure(
                    "\(table.file): the model takes \(features.count) columns by position, "
                        + "the file has \(names.count)")
            }
            return Array(names.indices)
        }
        var columns: [Int] = []
        for feature in features {
            guard let column = names.firstIndex(of: feature.name) else {
                let hint =
                    names.contains { Double($0) != nil }
                    ? " (is there no header? --no-header or --columns name the columns)" : ""
                throw CommandFailure("\(table.file): no column '\(feature.name)'\(hint)")
            }
            guard names.lastIndex(of: feature.name) == column else {
                throw CommandFailure("\(table.file): two columns '\(feature.name)'")
            }
            columns.append(column)
        }
        return columns
    }

    /// Returns how many were appended, 0 at the end of the file.
    mutating func appendRows(
        upTo limit: Int, to rows: inout [Double], texts: inout RowTexts
    ) throws(CommandFailure) -> Int {
        var fields: [CSVField] = []
        for count in 0..<limit {
            fields.removeAll(keepingCapacity: true)
            guard try table.appendRow(to: &fields) else { return count }
            let text = table.text
            for (feature, column) in zip(schema.features, columns) {
                rows.append(try value(feature, fields[column], text, &texts))
            }
        }
        return limit
    }

    private func value(
        _ feature: Feature, _ field: CSVField, _ text: [UInt8], _ texts: inout RowTexts
    ) throws(CommandFailure) -> Double {
        let range = field.range
        if missing.contains(text.span, range) { return .nan }
        if case .category(let dictionary) = feature.kind {
            // Before the standard tokens: an imported model may have a category of such a name.
            let code = dictionary.code(of: range, in: text.span)
            if code != dictionary.otherCode { return Double(code) }
        }
        if Self.standardMissing.contains(text.span, range) { return .nan }
        switch feature.kind {
        case .category(let dictionary): return Double(dictionary.otherCode)
        case .text: return texts.append(String(decoding: text[range], as: UTF8.self))
        case .number:
            guard let number = CellNumber.read(text[range]) else {
                let cell = String(decoding: text[range], as: UTF8.self)
                throw table.failure(field, column: feature.name, "'\(cell)' is not a number")
            }
            return number
        }
    }
}
