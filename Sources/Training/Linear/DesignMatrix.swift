// SPDX-License-Identifier: Apache-2.0
import Models

/// Encoded rows, of which all but a few columns are 0: one entry for each feature, and the
/// intercept's 1 in the column behind the encoded ones.
struct DesignMatrix: Sendable {
    let rowCount: Int
    /// Encoded columns and the intercept.
    let columnCount: Int
    let entriesPerRow: Int
    /// Row-major; ascending in each row.
    let columns: [Int32]
    let values: [Double]

    init(_ rows: [Double], encoding: LinearEncoding) {
        let featureCount = encoding.blocks.count
        rowCount = rows.count / featureCount
        columnCount = encoding.columnCount + 1
        entriesPerRow = featureCount + 1
        var columns: [Int32] = []
        var values: [Double] = []
        columns.reserveCapacity(rowCount * entriesPerRow)
        values.reserveCapacity(rowCount * entriesPerRow)
        for row in 0..<rowCount {
            for (index, block) in encoding.blocks.enumerated() {
                let entry = block.entry(rows[row * featureCount + index])
                columns.append(Int32(entry.column))
                values.append(entry.value)
            }
            columns.append(Int32(encoding.columnCount))
            values.append(1)
        }
        self.columns = columns
        self.values = values
    }
}
