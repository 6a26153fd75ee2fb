// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a delimited text, and where.
package struct CSVFault: Error, Equatable, Sendable {
    /// Counted from 1, as an editor shows them.
    package let line: Int
    package let reason: String

    package init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }

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
