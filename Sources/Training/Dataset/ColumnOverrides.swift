// SPDX-License-Identifier: Apache-2.0

/// The user's word on columns, which goes before inference.
package struct ColumnOverrides: Equatable, Sendable {
    package var numbers: [String]
    package var categories: [String]
    package var texts: [String]
    package var ignored: [String]

    package init(
        numbers: [String] = [], categories: [String] = [], texts: [String] = [],
        ignored: [String] = []
    ) {
        self.numbers = numbers
        self.categories = categories
        self.texts = texts
        self.ignored = ignored
    }

    package var all: [String] { numbers + categories + texts + ignored }
}
