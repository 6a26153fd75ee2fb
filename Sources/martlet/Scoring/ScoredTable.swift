// SPDX-License-Identifier: Apache-2.0
import CSV

/// A delimited file whose faults end the command.
struct ScoredTable {
    let file: String
    private var reader: CSVReader

    /// Reads the header.
    init(_ text: [UInt8], file: String, dialect: CSVDialect) throws(CommandFailure) {
        self.file = file
        do throws(CSVFault) {
            reader = try CSVReader(text: text, file: file, dialect: dialect)
        } catch {
            throw Self.failure(file, error)
        }
    }

    var columnNames: [String] { reader.columnNames }
    /// What fields are places in.
    var text: [UInt8] { reader.text }

    /// Appends a field for each column; returns `false` at the end of the file.
    mutating func appendRow(to fields: inout [CSVField]) throws(CommandFailure) -> Bool {
        do throws(CSVFault) {
            return try reader.appendRow(to: &fields)
        } catch {
            throw Self.failure(file, error)
        }
    }

    func failure(_ field: CSVField, column: String, _ reason: String) -> CommandFailure {
        Self.failure(
            file, CSVFault(line: reader.line(of: field), column: column, reason: reason))
    }

    private static func failure(_ file: String, _ fault: CSVFault) -> CommandFailure {
        let line = fault.line.map { ", line \($0)" } ?? ""
        let column = fault.column.map { "column '\($0)': " } ?? ""
        return CommandFailure("\(file)\(line): \(column)\(fault.reason)")
    }
}
