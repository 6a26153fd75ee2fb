// SPDX-License-Identifier: Apache-2.0

/// A delimited text as named columns: the header is read at once, rows as they are asked for.
package struct CSVReader: Sendable {
    package let columnNames: [String]
    private var scanner: CSVScanner
    /// The first row of a text without a header, which tells how many columns there are.
    private var first: [CSVField] = []

    /// What the rows' fields are places in; changes as doubled quotes are resolved.
    package var text: [UInt8] { scanner.text }

    /// - Parameter file: its name's ending may tell the delimiter.
    /// - Throws: for an empty text, one in UTF-16, and a header that is not as it should be.
    package init(text: [UInt8], file: String, dialect: CSVDialect) throws(CSVFault) {
        guard !text.starts(with: [0xFF, 0xFE]), !text.starts(with: [0xFE, 0xFF]) else {
            throw CSVFault(reason: "UTF-16; convert it: iconv -f UTF-16 -t UTF-8")
        }
        let start = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let delimiter = dialect.delimiter(file: file, text: text.span, from: start)
        var scanner = CSVScanner(text: text, delimiter: delimiter, from: start)
        switch dialect.header {
        case .names(let names): columnNames = names
        case .firstRecord:
            var header: [CSVField] = []
            guard try scanner.appendRecord(to: &header) > 0 else { throw Self.empty }
            columnNames = try Self.names(header, in: scanner.text)
        case .numbered:
            let count = try scanner.appendRecord(to: &first)
            guard count > 0 else { throw Self.empty }
            columnNames = (1...count).map { "column_\($0)" }
        }
        self.scanner = scanner
    }

    /// Appends a field for each column.
    ///
    /// - Returns: `false` at the end of the text.
    /// - Throws: for a row with fewer or more fields, and a broken quote.
    package mutating func appendRow(to fields: inout [CSVField]) throws(CSVFault) -> Bool {
        var count = first.count
        if count > 0 {
            fields += first
            first = []
        } else {
            count = try scanner.appendRecord(to: &fields)
        }
        guard count > 0 else { return false }
        guard count == columnNames.count else {
            throw CSVFault(
                line: line(of: fields[fields.count - count]),
                reason: "\(count) fields where \(columnNames.count) are expected")
        }
        return true
    }

    /// The line on which a field begins, from 1.
    package func line(of field: CSVField) -> Int {
        CSVFault.line(of: field.range.lowerBound, in: scanner.text)
    }

    private static let empty = CSVFault(reason: "the file is empty")

    private static func names(
        _ header: [CSVField], in text: [UInt8]
    ) throws(CSVFault) -> [String] {
        var names: [String] = []
        for (index, field) in header.enumerated() {
            let number = "column_\(index + 1)"
            guard let name = String(validating: text[field.range], as: UTF8.self) else {
                let line = CSVFault.line(of: field.range.lowerBound, in: text)
                throw CSVFault(line: line, column: number, reason: CSVFault.notUTF8)
            }
            let trimmed = name.trimmingBlanks
            // Spreadsheets and data frames leave the index column unnamed.
            names.append(trimmed.isEmpty ? number : trimmed)
        }
        return names
    }
}
