// SPDX-License-Identifier: Apache-2.0
import CSV

/// A column of texts as codes into the list of its distinct values.
struct DistinctValues: Sendable {
    static let missing: Int32 = -1

    /// For each row an index into `values`, or `missing`.
    private(set) var codes: [Int32] = []
    /// In order of first appearance.
    private(set) var values: [String] = []
    private(set) var missingCount = 0
    /// The row in which each value appears first.
    private var firstRows: [Int] = []
    /// Open addressing with linear probing; indices into `values`, -1 where free.
    private var slots = [Int32](repeating: -1, count: 64)

    /// - Throws: `data` for a value that is not UTF-8.
    init(_ table: Table, column: Int, missing tokens: MissingTokens) throws(TrainingError) {
        codes.reserveCapacity(table.rowCount)
        let text = table.text.span
        for row in 0..<table.rowCount {
            let range = table.field(row: row, column: column).range
            if tokens.contains(text, range) {
                codes.append(Self.missing)
                missingCount += 1
            } else {
                codes.append(try code(of: range, row, table, column, text))
            }
        }
    }

    private mutating func code(
        of range: Range<Int>, _ row: Int, _ table: Table, _ column: Int, _ text: Span<UInt8>
    ) throws(TrainingError) -> Int32 {
        var slot = Self.hash(text, range) & (slots.count - 1)
        while case let code = slots[slot], code >= 0 {
            let known = table.field(row: firstRows[Int(code)], column: column).range
            if Self.areEqual(text, known, range) { return code }
            slot = (slot + 1) & (slots.count - 1)
        }
        guard let value = table.string(row: row, column: column) else {
            throw table.fault(row: row, column: column, CSVFault.notUTF8)
        }
        let code = Int32(values.count)
        slots[slot] = code
        values.append(value)
        firstRows.append(row)
        if values.count * 2 > slots.count { grow(table, column, text) }
        return code
    }

    private mutating func grow(_ table: Table, _ column: Int, _ text: Span<UInt8>) {
        slots = [Int32](repeating: -1, count: slots.count * 4)
        for (code, row) in firstRows.enumerated() {
            var slot =
                Self.hash(text, table.field(row: row, column: column).range) & (slots.count - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(code)
        }
    }

    private static func areEqual(
        _ text: Span<UInt8>, _ left: Range<Int>, _ right: Range<Int>
    ) -> Bool {
        guard left.count == right.count else { return false }
        for offset in 0..<left.count
        where text[left.lowerBound + offset] != text[right.lowerBound + offset] {
            return false
        }
        return true
    }

    /// FNV-1a, folded.
    private static func hash(_ text: Span<UInt8>, _ range: Range<Int>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in range { hash = (hash ^ UInt64(text[index])) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ hash >> 32)
    }

    /// How often each value occurs in the given rows.
    func counts(in rows: [Int]) -> [Int] {
        var counts = [Int](repeating: 0, count: values.count)
        for row in rows where codes[row] >= 0 { counts[Int(codes[row])] += 1 }
        return counts
    }
}
