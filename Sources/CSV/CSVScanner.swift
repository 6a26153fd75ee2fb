// SPDX-License-Identifier: Apache-2.0

/// Finds the fields of a delimited text: RFC 4180 with any delimiter and any line ending.
///
/// A field that begins with a quote runs to the closing quote, may hold delimiters and line ends,
/// and a doubled quote in it stands for one. A quote inside an unquoted field is an ordinary
/// character. Empty lines are skipped. Tab-separated files mostly know no quotes: there a field
/// counts as quoted only if its closing quote ends the field on the same line.
package struct CSVScanner: Sendable {
    private static let tab: UInt8 = 0x09

    /// Doubled quotes are resolved in place: what a field then no longer needs becomes quotes, so
    /// that line ends stay as many.
    package private(set) var text: [UInt8]
    private let delimiter: UInt8
    private var position: Int

    package init(text: [UInt8], delimiter: UInt8, from start: Int = 0) {
        self.text = text
        self.delimiter = delimiter
        position = start
    }

    /// Appends the fields of the next record; returns how many, 0 at the end of the text.
    package mutating func appendRecord(to fields: inout [CSVField]) throws(CSVFault) -> Int {
        while position < text.count, isLineEnd(text[position]) { position += 1 }
        guard position < text.count else { return 0 }
        var count = 0
        while true {
            fields.append(try field())
            count += 1
            guard position < text.count, text[position] == delimiter else { break }
            position += 1
        }
        endLine()
        return count
    }

    /// Reads one field and stops at the delimiter or line end behind it.
    @inline(__always)
    private mutating func field() throws(CSVFault) -> CSVField {
        if position < text.count, text[position] == 0x22, let quoted = try quotedField() {
            return quoted
        }
        let start = position
        while position < text.count, case let byte = text[position], byte != delimiter,
            !isLineEnd(byte)
        {
            position += 1
        }
        return try makeField(start..<position)
    }

    /// `nil`, without a move, for a tab-separated field that only looks quoted.
    private mutating func quotedField() throws(CSVFault) -> CSVField? {
        let isLenient = delimiter == Self.tab
        let start = position + 1
        var hasDoubledQuotes = false
        var index = start
        while true {
            while index < text.count, text[index] != 0x22, !(isLenient && isLineEnd(text[index])) {
                index += 1
            }
            guard index < text.count, text[index] == 0x22 else {
                if isLenient { return nil }
                throw fault(at: start, "the quote that opens here is never closed")
            }
            guard index + 1 < text.count, text[index + 1] == 0x22 else { break }
            hasDoubledQuotes = true
            index += 2
        }
        let end = index + 1
        guard end == text.count || text[end] == delimiter || isLineEnd(text[end]) else {
            if isLenient { return nil }
            throw fault(at: end, "text follows a closing quote; a quote inside is written twice")
        }
        position = end
        return try makeField(start..<(hasDoubledQuotes ? resolve(start..<index) : index))
    }

    /// Writes each doubled quote as one; returns where the text then ends.
    private mutating func resolve(_ range: Range<Int>) -> Int {
        var end = range.lowerBound
        var index = range.lowerBound
        while index < range.upperBound {
            text[end] = text[index]
            end += 1
            index += text[index] == 0x22 ? 2 : 1
        }
        for index in end..<range.upperBound { text[index] = 0x22 }
        return end
    }

    private func makeField(_ range: Range<Int>) throws(CSVFault) -> CSVField {
        guard range.count <= CSVField.byteCountMax, range.upperBound < 1 << 40 else {
            throw fault(at: range.lowerBound, "a field is longer than 16 MB")
        }
        return CSVField(range)
    }

    private func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    private mutating func endLine() {
        guard position < text.count else { return }
        let isCarriageReturn = text[position] == 0x0D
        position += 1
        if isCarriageReturn, position < text.count, text[position] == 0x0A { position += 1 }
    }

    private func fault(at offset: Int, _ reason: String) -> CSVFault {
        CSVFault(line: CSVFault.line(of: offset, in: text), reason: reason)
    }
}
