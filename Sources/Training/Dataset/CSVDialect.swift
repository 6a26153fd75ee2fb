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
