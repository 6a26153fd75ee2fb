// SPDX-License-Identifier: Apache-2.0

/// The known values of a categorical feature and the code of each.
///
/// Codes are stable: value `i` has code `i`. Every other value has the one code after them, whether
/// it was too rare in training to be kept or was never seen there. Of some imported models only the
/// values' hashes are known, which tell them apart as well.
package struct CategoryDictionary: Equatable, Sendable {
    private enum Table: Equatable, Sendable {
        case strings(StringTable)
        case hashes([Int32], codes: [Int32: Int])
    }

    private let table: Table

    /// `nil` when a value occurs twice.
    package init?(values: [String]) {
        guard let table = StringTable(values) else { return nil }
        self.table = .strings(table)
    }

    /// - Parameter cityHashes: the low 32 bits of each value's CityHash64, as CatBoost keeps them.
    /// - Returns: `nil` when a hash occurs twice.
    package init?(cityHashes: [Int32]) {
        let codes = Dictionary(zip(cityHashes, cityHashes.indices)) { first, _ in first }
        guard codes.count == cityHashes.count else { return nil }
        table = .hashes(cityHashes, codes: codes)
    }

    /// Empty where only hashes are known.
    package var values: [String] {
        if case .strings(let table) = table { table.strings } else { [] }
    }

    /// `nil` where the values are known.
    package var cityHashes: [Int32]? {
        if case .hashes(let hashes, _) = table { hashes } else { nil }
    }

    /// The code of a value that is not in the dictionary.
    package var otherCode: Int {
        switch table {
        case .strings(let table): table.count
        case .hashes(let hashes, _): hashes.count
        }
    }

    package func code(of value: String) -> Int {
        let utf8 = Array(value.utf8)
        return code(of: 0..<utf8.count, in: utf8.span)
    }

    package func code(of range: Range<Int>, in text: Span<UInt8>) -> Int {
        switch table {
        case .strings(let table): table.index(of: range, in: text) ?? otherCode
        case .hashes(_, let codes):
            codes[Int32(truncatingIfNeeded: CityHash.value(of: range, in: text))] ?? otherCode
        }
    }
}
