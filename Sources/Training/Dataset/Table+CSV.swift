// SPDX-License-Identifier: Apache-2.0
import CSV

extension Table {
    /// Reads a delimited text.
    ///
    /// - Throws: `data` for a ragged row, a broken quote, a column name that occurs twice, a file
    ///   without rows, or one in UTF-16.
    package init(_ source: SourceFile, dialect: CSVDialect = CSVDialect()) throws(TrainingError) {
        let text = try source.text()
        guard !text.starts(with: [0xFF, 0xFE]), !text.starts(with: [0xFE, 0xFF]) else {
            let reason = "UTF-16; convert it: iconv -f UTF-16 -t UTF-8"
            throw .data(InputFault(file: source.name, reason: reason))
        }
        let start = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let delimiter = dialect.delimiter(file: source.name, text: text.span, from: start)
        var header: [CSVField] = []
        var fields: [CSVField] = []
        var scanner = CSVScanner(text: text, delimiter: delimiter, from: start)
        let columnCount: Int
        do throws(CSVFault) {
            columnCount = try Self.scan(
                &scanner, dialect.header, header: &header, fields: &fields)
        } catch {
            throw .data(InputFault(file: source.name, line: error.line, reason: error.reason))
        }
        guard columnCount > 0 else {
            throw .data(InputFault(file: source.name, reason: "the file is empty"))
        }
        guard !fields.isEmpty else {
            throw .data(InputFault(file: source.name, reason: "no rows after the header"))
        }
        let names = try Self.names(source.name, dialect.header, header, columnCount, scanner.text)
        self.init(file: source.name, columnNames: names, text: scanner.text, fields: fields)
    }

    /// Returns the number of columns; every row has as many.
    private static func scan(
        _ scanner: inout CSVScanner, _ style: CSVDialect.Header, header: inout [CSVField],
        fields: inout [CSVField]
    ) throws(CSVFault) -> Int {
        var columnCount = 0
        switch style {
        case .firstRecord: columnCount = try scanner.appendRecord(to: &header)
        case .names(let names): columnCount = names.count
        case .numbered: columnCount = try scanner.appendRecord(to: &fields)
        }
        fields.reserveCapacity(scanner.text.count / 6)
        while true {
            let count = try scanner.appendRecord(to: &fields)
            if count == 0 { break }
            guard count == columnCount else {
                let start = fields[fields.count - count].range.lowerBound
                let line = CSVFault.line(of: start, in: scanner.text)
                let reason = "\(count) fields where \(columnCount) are expected"
                throw CSVFault(line: line, reason: reason)
            }
        }
        return columnCount
    }

    private static func names(
        _ file: String, _ style: CSVDialect.Header, _ header: [CSVField], _ columnCount: Int,
        _ text: [UInt8]
    ) throws(TrainingError) -> [String] {
        let names: [String]
        switch style {
        case .numbered: names = (1...columnCount).map { "column_\($0)" }
        case .names(let given): names = given
        case .firstRecord:
            let record = Table(
                file: file, columnNames: header.indices.map { "column_\($0 + 1)" }, text: text,
                fields: header)
            var found: [String] = []
            for column in 0..<columnCount {
                guard let name = record.string(row: 0, column: column) else {
                    throw record.fault(row: 0, column: column, Self.notUTF8)
                }
                let trimmed = name.trimmingBlanks
                // Spreadsheets and data frames leave the index column unnamed.
                found.append(trimmed.isEmpty ? "column_\(column + 1)" : trimmed)
            }
            names = found
        }
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            let hint = Double(name) == nil ? "" : " (is there no header? use --no-header)"
            throw .data(
                InputFault(
                    file: file, line: 1, column: name, reason: "the name occurs twice\(hint)")
            )
        }
        return names
    }

    static let notUTF8 = "not UTF-8; convert the file, for example: iconv -f LATIN1 -t UTF-8"
}

extension String {
    var trimmingBlanks: String {
        guard let first = firstIndex(where: { $0 != " " && $0 != "\t" }),
            let last = lastIndex(where: { $0 != " " && $0 != "\t" })
        else { return "" }
        return String(self[first...last])
    }
}
