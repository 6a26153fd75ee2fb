// SPDX-License-Identifier: Apache-2.0
import CSV

/// A delimited text with the place of every field: nothing is copied or converted yet.
package struct Table: Sendable {
    package let file: String
    package let columnNames: [String]
    package let rowCount: Int
    let text: [UInt8]
    /// Row-major.
    let fields: [CSVField]

    init(file: String, columnNames: [String], text: [UInt8], fields: [CSVField]) {
        self.file = file
        self.columnNames = columnNames
        self.text = text
        self.fields = fields
        rowCount = fields.count / columnNames.count
    }

    func field(row: Int, column: Int) -> CSVField { fields[row * columnNames.count + column] }

    /// A field's text; `nil` where it is not UTF-8.
    package func string(row: Int, column: Int) -> String? {
        String(validating: text[field(row: row, column: column).range], as: UTF8.self)
    }

    /// The line of the file on which a row begins, from 1.
    func line(row: Int) -> Int {
        CSVFault.line(of: fields[row * columnNames.count].range.lowerBound, in: text)
    }

    func fault(row: Int, column: Int, _ reason: String) -> TrainingError {
        .data(
            InputFault(
                file: file, line: line(row: row), column: columnNames[column], reason: reason))
    }

    /// The index of a column that must be there.
    package func column(named name: String) throws(TrainingError) -> Int {
        if let index = columnNames.firstIndex(of: name) { return index }
        var reason = "no column '\(name)'"
        if let nearest = Spelling.nearest(to: name, among: columnNames) {
            reason += "; did you mean '\(nearest)'?"
        } else {
            let shown = columnNames.prefix(20).joined(separator: ", ")
            reason += "; there are \(shown)\(columnNames.count > 20 ? ", …" : "")"
        }
        if columnNames.allSatisfy({ Double($0) != nil }) {
            reason += " (is there no header? --no-header or --columns name the columns)"
        }
        throw .data(InputFault(file: file, line: 1, reason: reason))
    }
}
