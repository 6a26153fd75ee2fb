// SPDX-License-Identifier: Apache-2.0
package import CSV

extension Table {
    /// Reads a delimited text.
    ///
    /// - Throws: `data` for a ragged row, a broken quote, a column name that occurs twice, a file
    ///   without rows, or one in UTF-16.
    package init(_ source: SourceFile, dialect: CSVDialect = CSVDialect()) throws(TrainingError) {
        let text = try source.text()
        let reader: CSVReader
        var fields: [CSVField] = []
        fields.reserveCapacity(text.count / 6)
        do throws(CSVFault) {
            var opened = try CSVReader(text: text, file: source.name, dialect: dialect)
            while try opened.appendRow(to: &fields) {}
            reader = opened
        } catch {
            throw .data(
                InputFault(
                    file: source.name, line: error.line, column: error.column,
                    reason: error.reason))
        }
        guard !fields.isEmpty else {
            throw .data(InputFault(file: source.name, reason: "no rows after the header"))
        }
        try Self.checkDistinct(reader.columnNames, source.name)
        self.init(
            file: source.name, columnNames: reader.columnNames, text: reader.text, fields: fields)
    }

    private static func checkDistinct(_ names: [String], _ file: String) throws(TrainingError) {
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            let hint = Double(name) == nil ? "" : " (is there no header? use --no-header)"
            throw .data(
                InputFault(
                    file: file, line: 1, column: name, reason: "the name occurs twice\(hint)")
            )
        }
    }
}
