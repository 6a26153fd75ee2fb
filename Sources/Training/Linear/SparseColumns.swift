// SPDX-License-Identifier: Apache-2.0

/// A design matrix by columns: what coordinate descent walks over.
struct SparseColumns: Sendable {
    /// Column `c` has the entries `starts[c]..<starts[c + 1]`.
    let starts: [Int]
    let rows: [Int32]
    let values: [Double]

    init(_ design: DesignMatrix) {
        var starts = [Int](repeating: 0, count: design.columnCount + 1)
        for column in design.columns { starts[Int(column) + 1] += 1 }
        for column in 0..<design.columnCount { starts[column + 1] += starts[column] }
        var next = starts
        var rows = [Int32](repeating: 0, count: design.columns.count)
        var values = [Double](repeating: 0, count: design.columns.count)
        for row in 0..<design.rowCount {
            for entry in design.entries(row) {
                let column = Int(design.columns[entry])
                rows[next[column]] = Int32(row)
                values[next[column]] = design.values[entry]
                next[column] += 1
            }
        }
        self.starts = starts
        self.rows = rows
        self.values = values
    }
}
