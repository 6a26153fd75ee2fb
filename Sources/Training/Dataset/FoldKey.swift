// SPDX-License-Identifier: Apache-2.0
import CSV

/// A column that folds go by and that is no feature.
package enum FoldKey: Equatable, Sendable {
    /// Rows of one text belong together.
    case group(column: String)
    /// Numbers, or dates and times of ISO 8601, in their order.
    case time(column: String)

    package var column: String {
        switch self {
        case .group(let column), .time(let column): column
        }
    }

    private var flag: String {
        switch self {
        case .group: "--group"
        case .time: "--time"
        }
    }

    /// Each row's time as a rank, equal times sharing one; or its group's number, in no order.
    ///
    /// - Throws: `data` for the first row without a value, or with one that has no place in time.
    func ranks(
        _ table: Table, missing tokens: MissingTokens
    ) throws(TrainingError) -> [Int32] {
        let index = try table.column(named: column)
        let texts = try DistinctValues(table, column: index, missing: tokens)
        if let row = texts.codes.firstIndex(of: DistinctValues.missing) {
            let count = texts.missingCount
            let extent = count == 1 ? "this row" : "\(count) rows, of which this is the first"
            throw table.fault(
                row: row, column: index,
                "the \(flag) is missing in \(extent); drop them or fill it in")
        }
        guard case .time = self else { return texts.codes }
        let ranks: [Int32]
        let numbers = texts.values.compactMap(NumberText.value)
        if numbers.count == texts.values.count {
            ranks = Self.ranks(of: numbers)
        } else {
            let times = texts.values.map { TimeText($0) }
            let known = times.compactMap(\.self)
            guard known.count == times.count else {
                throw Self.disorder(table, index, texts, times, hasNumbers: !numbers.isEmpty)
            }
            ranks = Self.ranks(of: known)
        }
        return texts.codes.map { ranks[Int($0)] }
    }

    /// The first value that its fellows cannot be compared with.
    private static func disorder(
        _ table: Table, _ column: Int, _ texts: DistinctValues, _ times: [TimeText?],
        hasNumbers: Bool
    ) -> TrainingError {
        let isOfNumbers = hasNumbers && times.allSatisfy { $0 == nil }
        let code = texts.values.indices.first {
            isOfNumbers ? NumberText.value(texts.values[$0]) == nil : times[$0] == nil
        }
        let row = texts.codes.firstIndex { Int($0) == code } ?? 0
        let text = table.string(row: row, column: column) ?? "…"
        return table.fault(
            row: row, column: column,
            "'\(text)' is not \(isOfNumbers ? "a number like others of the column" : "a time"); "
                + "--time goes by numbers alone, or by ISO 8601 dates and times alone, "
                + "such as 2026-11-21 or 2026-11-21T15:36:20Z")
    }

    /// For each of different texts; equal values share a rank.
    private static func ranks<Value: Comparable>(of values: [Value]) -> [Int32] {
        var ranks = [Int32](repeating: 0, count: values.count)
        var rank: Int32 = -1
        var previous: Value?
        for index in values.indices.sorted(by: { values[$0] < values[$1] }) {
            if values[index] != previous { rank += 1 }
            previous = values[index]
            ranks[index] = rank
        }
        return ranks
    }
}
