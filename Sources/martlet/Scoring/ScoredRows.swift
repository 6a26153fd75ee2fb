// SPDX-License-Identifier: Apache-2.0
import CSV
import Models

/// A CSV file as rows of a schema.
struct ScoredRows {
    private let file: String
    private let schema: FeatureSchema
    private var scanner: CSVScanner
    private let columnCount: Int
    /// By feature.
    private let columns: [Int]
    private let missing: [[UInt8]]

    /// Reads the header.
    ///
    /// - Parameter isPositional: whether columns may be taken in order where there is one for each
    ///   feature and none bears a feature's name: an ONNX input of many columns names none.
    /// - Parameter missing: what stands for a missing value, beside nothing.
    /// - Throws: when a feature has no column, or two columns bear its name.
    init(
        file: String, text: [UInt8], schema: FeatureSchema, isPositional: Bool,
        missing: [String]
    ) throws(CommandFailure) {
        self.file = file
        self.schema = schema
        self.missing = missing.map { Array($0.utf8) }
        let start = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var scanner = CSVScanner(text: text, delimiter: 0x2C, from: start)
        var fields: [CSVField] = []
        columnCount = try Self.record(file, &scanner, &fields)
        let header = scanner.text
        let names = fields.map { String(decoding: header[$0.range], as: UTF8.self) }
        self.scanner = scanner
        if isPositional, columnCount == schema.count,
            !schema.features.contains(where: { names.contains($0.name) })
        {
            columns = Array(0..<columnCount)
            return
        }
        var columns: [Int] = []
        for feature in schema.features {
            guard let column = names.firstIndex(of: feature.name) else {
                throw CommandFailure("\(file): no column '\(feature.name)'")
            }
            guard names.lastIndex(of: feature.name) == column else {
                throw CommandFailure("\(file): two columns '\(feature.name)'")
            }
            columns.append(column)
        }
        self.columns = columns
    }

    /// Returns how many were appended, 0 at the end of the file.
    mutating func appendRows(
        upTo limit: Int, to rows: inout [Double], texts: inout RowTexts
    ) throws(CommandFailure) -> Int {
        var fields: [CSVField] = []
        for count in 0..<limit {
            fields.removeAll(keepingCapacity: true)
            let found = try Self.record(file, &scanner, &fields)
            if found == 0 { return count }
            guard found == columnCount else {
                throw fault(
                    fields[0], "\(found) fields where \(columnCount) are expected")
            }
            for (feature, column) in zip(schema.features, columns) {
                rows.append(try value(feature, fields[column], &texts))
            }
        }
        return limit
    }

    private func value(
        _ feature: Feature, _ field: CSVField, _ texts: inout RowTexts
    ) throws(CommandFailure) -> Double {
        if field.range.isEmpty || missing.contains(where: scanner.text[field.range].elementsEqual) {
            return .nan
        }
        switch feature.kind {
        case .category(let dictionary):
            return Double(dictionary.code(of: field.range, in: scanner.text.span))
        case .text:
            return texts.append(String(decoding: scanner.text[field.range], as: UTF8.self))
        case .number:
            guard let number = CellNumber.read(scanner.text[field.range]) else {
                let text = String(decoding: scanner.text[field.range], as: UTF8.self)
                throw fault(field, "column '\(feature.name)': '\(text)' is not a number")
            }
            return number
        }
    }

    private func fault(_ field: CSVField, _ reason: String) -> CommandFailure {
        let line = CSVFault.line(of: field.range.lowerBound, in: scanner.text)
        return CommandFailure("\(file), line \(line): \(reason)")
    }

    private static func record(
        _ file: String, _ scanner: inout CSVScanner, _ fields: inout [CSVField]
    ) throws(CommandFailure) -> Int {
        do throws(CSVFault) {
            return try scanner.appendRecord(to: &fields)
        } catch {
            throw CommandFailure("\(file), line \(error.line): \(error.reason)")
        }
    }
}
