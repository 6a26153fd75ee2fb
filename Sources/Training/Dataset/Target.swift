// SPDX-License-Identifier: Apache-2.0

/// What is to be predicted, one answer for each row, where answers are known.
package enum Target: Equatable, Sendable {
    case values([Double])
    /// Indices into the output's labels.
    case labels([Int32])
    /// So many rows without answers.
    case unlabelled(Int)

    package var count: Int {
        switch self {
        case .values(let values): values.count
        case .labels(let labels): labels.count
        case .unlabelled(let count): count
        }
    }

    /// What splits keep in proportion: labels, or one stratum of all rows.
    var strata: [Int32] {
        switch self {
        case .labels(let labels): labels
        case .values, .unlabelled: [Int32](repeating: 0, count: count)
        }
    }

    func selecting(_ rows: [Int]) -> Target {
        switch self {
        case .values(let values): .values(rows.map { values[$0] })
        case .labels(let labels): .labels(rows.map { labels[$0] })
        case .unlabelled: .unlabelled(rows.count)
        }
    }
}
