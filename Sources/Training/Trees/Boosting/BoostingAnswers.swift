// SPDX-License-Identifier: Apache-2.0

/// The rows' answers as numbers. Labels and values are the data set's own, not copies of them.
struct BoostingAnswers {
    /// Empty where answers are values.
    private let labels: [Int32]
    private let values: [Double]

    init(_ target: Target) {
        switch target {
        case .labels(let labels): (self.labels, values) = (labels, [])
        case .values(let values): (labels, self.values) = ([], values)
        case .unlabelled: (labels, values) = ([], [])
        }
    }

    var count: Int { max(labels.count, values.count) }

    @inline(__always)
    subscript(row: Int) -> Double { labels.isEmpty ? values[row] : Double(labels[row]) }

    /// - Parameter rows: `nil` for all.
    /// - Returns: nothing where answers are values.
    func labels(_ rows: [UInt32]?) -> [Int32] {
        guard let rows, !labels.isEmpty else { return labels }
        return rows.map { labels[Int($0)] }
    }

    /// - Parameter rows: `nil` for all.
    /// - Returns: nothing where answers are labels.
    func values(_ rows: [UInt32]?) -> [Double] {
        guard let rows, !values.isEmpty else { return values }
        return rows.map { values[Int($0)] }
    }
}
