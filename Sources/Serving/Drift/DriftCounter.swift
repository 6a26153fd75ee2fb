// SPDX-License-Identifier: Apache-2.0
import Models
import Telemetry

/// What one loop has counted of a version since it was last asked.
///
/// It counts a sample: up to 2,000 rows a second all of them, of more every k-th on average, where
/// k follows the rate. Gaps are drawn from 1 to 2k − 1, so that no rhythm of a client's meets them.
struct DriftCounter: Sendable {
    static let rowsPerSecondMax = 2000

    /// The rows of one request.
    struct Rows {
        let values: [Double]
        let width: Int
        let count: Int
        let texts: RowTexts
        let margins: [Double]
        let unit: DriftUnit
    }

    private(set) var slots: [UInt64]
    private(set) var rowCount = 0
    private(set) var units = UnitSet()
    /// Rows that were counted although nobody is known to have sent them.
    private(set) var unknownCount = 0
    /// The mean distance between two counted rows.
    private(set) var gap = 1
    /// Rows since the last `take`, as far as the gaps tell.
    private var passedCount = 0
    /// Rows counted at this gap.
    private var countAtGap = 0
    private var random: SplitMix64

    init(slotCount: Int, seed: UInt64) {
        slots = [UInt64](repeating: 0, count: slotCount)
        random = SplitMix64(seed: seed)
    }

    /// Counts those rows that the sample takes.
    ///
    /// - Parameters:
    ///   - first: the first row to count.
    ///   - scratch: is overwritten.
    /// - Returns: how many of the rows to come are to be passed over.
    mutating func count(
        _ rows: borrowing Rows, from first: Int, _ layout: borrowing ProfileLayout,
        _ output: borrowing Output, _ scratch: inout [Double]
    ) -> Int {
        var row = first
        while row < rows.count {
            if isWanted(rows.unit) {
                let start = row * rows.width
                layout.count(
                    row: rows.values.span.extracting(start..<start + rows.width),
                    texts: rows.texts, into: &slots)
                layout.count(
                    answer: rows.margins.span, at: row * output.marginCount, of: output, &scratch,
                    into: &slots)
                rowCount += 1
            }
            let distance = nextDistance()
            row += distance
            // Of a key's rows none but the first is wanted.
            if case .key = rows.unit { row = max(row, rows.count) }
        }
        return row - rows.count
    }

    private mutating func isWanted(_ unit: DriftUnit) -> Bool {
        switch unit {
        case .unknown:
            unknownCount += 1
            return true
        case .client(let hash):
            _ = units.insert(hash)
            return true
        case .key(let hash): return units.insert(hash) != .known
        }
    }

    private mutating func nextDistance() -> Int {
        countAtGap += 1
        if countAtGap > Self.rowsPerSecondMax {
            // A burst within the second.
            countAtGap = 0
            gap *= 2
        }
        let distance =
            gap == 1 ? 1 : 1 + Int(random.next().multipliedFullWidth(by: UInt64(2 * gap - 1)).high)
        passedCount += distance
        return distance
    }

    /// Takes the counts away, once a second, and sets the distance by what came by.
    ///
    /// - Parameter fresh: as many zeros; gets the counts.
    /// - Returns: how many rows were counted.
    mutating func take(_ fresh: inout [UInt64]) -> Int {
        swap(&slots, &fresh)
        defer { rowCount = 0 }
        gap = max(1, passedCount / Self.rowsPerSecondMax)
        passedCount = 0
        countAtGap = 0
        return rowCount
    }

    /// Takes away who the window's rows are from, when it ends.
    mutating func takeUnits() -> (units: UnitSet, unknownCount: Int) {
        defer {
            units = UnitSet()
            unknownCount = 0
        }
        return (units, unknownCount)
    }
}
