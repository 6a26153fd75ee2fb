// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a delimited text, and where.
package struct CSVFault: Error, Equatable, Sendable {
    /// Counted from 1, as an editor shows them; `nil` where it is the text as a whole.
    package let line: Int?
    package let column: String?
    package let reason: String

    package init(line: Int? = nil, column: String? = nil, reason: String) {
        self.line = line
        self.column = column
        self.reason = reason
    }

    package static let notUTF8 =
        "not UTF-8; convert the file, for example: iconv -f LATIN1 -t UTF-8"

    /// The line of the text on which a byte stands, from 1.
    package static func line(of offset: Int, in text: [UInt8]) -> Int {
        var line = 1
        for index in 0..<offset {
            let isLoneReturn =
                text[index] == 0x0D && (index + 1 == text.count || text[index + 1] != 0x0A)
            if text[index] == 0x0A || isLoneReturn { line += 1 }
        }
        return line
    }
}
