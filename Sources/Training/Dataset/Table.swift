// SPDX-License-Identifier: Apache-2.0

/// A delimited text with the place of every field: nothing is copied or converted yet.
package struct Table: Sendable {
    /// Where a field's text lies, without its quotes: 40 bits of start and 24 of length.
    struct Field: Sendable {
        static let byteCountMax = (1 << 24) - 1
        private let bits: UInt64

        init(_ range: Range<Int>) {
            bits = UInt64(range.lowerBound) << 24 | UInt64(range.count)
        }

        @inline(__always)
        var range: Range<Int> {
            let start = Int(bits >> 24)
            return start..<(start + Int(bits & UInt64(Self.byteCountMax)))
        }
    }

    package let file: String
    package let columnNames: [String]
    package let rowCount: Int
    let text: [UInt8]
    /// Row-major.
    let fields: [Field]

    init(file: String, columnNames: [String], text: [UInt8], fields: [Field]) {
        self.file = file
        self.columnNames = columnNames
        self.text = text
        self.fields = fields
        rowCount = fields.count / columnNames.count
    }

    func field(row: Int, column: Int) -> Field { fields[row * columnNames.count + column] }

    /// A field's text; `nil` where it is not UTF-8.
    package func string(row: Int, column: Int) -> String? {
        String(validating: text[field(row: row, column: column).range], as: UTF8.self)
    }

    /// The line of the file on which a row begins, from 1.
    func line(row: Int) -> Int {
        Self.line(of: fields[row * columnNames.count].range.lowerBound, in: text)
    }

    static func line(of offset: Int, in text: [UInt8]) -> Int {
        var line = 1
        for index in 0..<offset {
            let isLoneReturn =
                text[index] == 0x0D && (index + 1 == text.count || text[index + 1] != 0x0A)
            if text[index] == 0x0A || isLoneReturn { line += 1 }
        }
        return line
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
