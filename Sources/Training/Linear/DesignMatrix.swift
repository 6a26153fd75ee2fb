// SPDX-License-Identifier: Apache-2.0
import Models

/// Encoded rows, of which all but a few columns are 0: one entry for each feature and each term of
/// a text, and the intercept's 1 in the column behind the encoded ones.
struct DesignMatrix: Sendable {
    let rowCount: Int
    /// Encoded columns and the intercept.
    let columnCount: Int
    /// Row `i` is entries `rowStarts[i]..<rowStarts[i + 1]`.
    let rowStarts: [Int]
    /// Row-major; ascending in each row.
    let columns: [Int32]
    let values: [Double]

    init(_ data: Dataset, encoding: LinearEncoding) {
        let featureCount = encoding.blocks.count
        rowCount = data.count
        columnCount = encoding.columnCount + 1
        var rowStarts = [0]
        var columns: [Int32] = []
        var values: [Double] = []
        rowStarts.reserveCapacity(rowCount + 1)
        columns.reserveCapacity(rowCount * (featureCount + 1))
        values.reserveCapacity(rowCount * (featureCount + 1))
        let rows = data.rows.span
        var terms: [(column: Int, value: Double)] = []
        var scratch = TextScratch()
        for row in 0..<rowCount {
            let own = rows.extracting((row * featureCount)..<((row + 1) * featureCount))
            terms.removeAll(keepingCapacity: true)
            encoding.forEachTerm(of: own, texts: data.texts, &scratch) { terms.append(($1, $2)) }
            var term = 0
            for (index, block) in encoding.blocks.enumerated() {
                let entry = block.entry(own[index])
                columns.append(Int32(entry.column))
                values.append(entry.value)
                while term < terms.count, terms[term].column < block.offset + block.columnCount {
                    columns.append(Int32(terms[term].column))
                    values.append(terms[term].value)
                    term += 1
                }
            }
            columns.append(Int32(encoding.columnCount))
            values.append(1)
            rowStarts.append(columns.count)
        }
        self.rowStarts = rowStarts
        self.columns = columns
        self.values = values
    }

    /// The entries of one row.
    @inline(__always)
    func entries(_ row: Int) -> Range<Int> { rowStarts[row]..<rowStarts[row + 1] }
}
