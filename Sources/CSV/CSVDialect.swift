// SPDX-License-Identifier: Apache-2.0

/// How a delimited text is to be read.
package struct CSVDialect: Equatable, Sendable {
    package enum Header: Equatable, Sendable {
        /// The first record names the columns.
        case firstRecord
        /// There is no header; these are the names.
        case names([String])
        /// There is no header; columns are called `column_1`, `column_2`, ….
        case numbered
    }

    /// `nil`: tab for `.tsv` and `.tab` files, else the most frequent candidate of the first line.
    package var delimiter: UInt8?
    package var header: Header

    package init(delimiter: UInt8? = nil, header: Header = .firstRecord) {
        self.delimiter = delimiter
        self.header = header
    }

    /// As a command line says it.
    ///
    /// - Parameters:
    ///   - delimiter: what `delimiter(named:)` reads, or `nil` to look at the file.
    ///   - columns: the columns' names, comma-separated, of a text without a header.
    package init(delimiter: String?, columns: String?, hasHeader: Bool) {
        self.delimiter = delimiter.flatMap { Self.delimiter(named: $0) }
        header =
            if let columns { .names(Self.columnNames(columns)) } else {
                hasHeader ? .firstRecord : .numbered
            }
    }

    /// One ASCII character, or `tab`; `nil` for anything else.
    package static func delimiter(named text: String) -> UInt8? {
        if text == "tab" || text == "\\t" { return tab }
        guard let byte = text.utf8.first, text.utf8.count == 1, byte < 0x80, byte != 0x22,
            byte != 0x0A, byte != 0x0D
        else { return nil }
        return byte
    }

    /// The names in a comma-separated list.
    package static func columnNames(_ list: String) -> [String] {
        list.split(separator: ",").map(String.init)
    }

    /// The delimiter of a file whose text starts at `start`.
    func delimiter(file: String, text: Span<UInt8>, from start: Int) -> UInt8 {
        if let delimiter { return delimiter }
        let name = file.lowercased()
        let stem = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
        if stem.hasSuffix(".tsv") || stem.hasSuffix(".tab") { return Self.tab }
        var counts = [Int](repeating: 0, count: Self.candidates.count)
        var isQuoted = false
        var index = start
        while index < text.count {
            let byte = text[index]
            if byte == 0x22 { isQuoted.toggle() }
            if !isQuoted {
                if byte == 0x0A || byte == 0x0D { break }
                if let candidate = Self.candidates.firstIndex(of: byte) { counts[candidate] += 1 }
            }
            index += 1
        }
        let best = counts.indices.reduce(0) { counts[$1] > counts[$0] ? $1 : $0 }
        return Self.candidates[best]
    }

    static let tab: UInt8 = 0x09
    /// Comma, tab, semicolon, bar; the earlier wins a tie.
    private static let candidates: [UInt8] = [0x2C, tab, 0x3B, 0x7C]
}
