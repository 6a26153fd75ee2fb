// SPDX-License-Identifier: Apache-2.0

/// The user's word on columns, which goes before inference.
package struct ColumnOverrides: Equatable, Sendable {
    package var numbers: [String]
    package var categories: [String]
    package var ignored: [String]

    package init(numbers: [String] = [], categories: [String] = [], ignored: [String] = []) {
        self.numbers = numbers
        self.categories = categories
        self.ignored = ignored
    }

    package var all: [String] { numbers + categories + ignored }
}
