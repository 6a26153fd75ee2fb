// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a data file, and where.
package struct InputFault: Error, Equatable, Sendable {
    package let file: String
    /// Counted from 1 in lines of the file, as an editor shows them.
    package let line: Int?
    package let column: String?
    package let reason: String

    package init(file: String, line: Int? = nil, column: String? = nil, reason: String) {
        self.file = file
        self.line = line
        self.column = column
        self.reason = reason
    }
}
