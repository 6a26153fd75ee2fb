// SPDX-License-Identifier: Apache-2.0

/// The known values of a categorical feature and the code of each.
///
/// Codes are stable: value `i` has code `i`. Every other value has the one code after them, whether
/// it was too rare in training to be kept or was never seen there.
package struct CategoryDictionary: Equatable, Sendable {
    private let table: StringTable

    /// `nil` when a value occurs twice.
    package init?(values: [String]) {
        guard let table = StringTable(values) else { return nil }
        self.table = table
    }

    package var values: [String] { table.strings }

    /// The code of a value that is not in the dictionary.
    package var otherCode: Int { table.count }

    package func code(of value: String) -> Int { table.index(of: value) ?? otherCode }

    package func code(of range: Range<Int>, in text: Span<UInt8>) -> Int {
        table.index(of: range, in: text) ?? otherCode
    }
}
