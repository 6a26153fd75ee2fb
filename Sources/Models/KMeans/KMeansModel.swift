// SPDX-License-Identifier: Apache-2.0

/// Distances to the centres of clusters.
///
/// A margin is the negative squared Euclidean distance to a cluster's centre, summed feature by
/// feature in double, so that the largest margin belongs to the nearest centre. What a category
/// contributes depends on its code alone and is tabled when the model is made.
package struct KMeansModel: Equatable, Sendable {
    package let encoding: KMeansEncoding
    package let clusterCount: Int
    /// Clusters × columns, row-major, like scikit-learn's `cluster_centers_`.
    package let centres: [Double]
    /// Clusters adjacent. A number's row holds the centres' coordinates and one for a missing
    /// value; a category's rows hold the squared distances of each code, the last of a missing one.
    private let table: [Double]
    /// The row of the table at which each feature's begin.
    private let firstRows: [Int]

    /// - Returns: `nil` when shapes disagree or a number is not finite.
    package init?(encoding: KMeansEncoding, centres: [Double]) {
        let width = encoding.columnCount
        let count = width == 0 ? 0 : centres.count / width
        guard count > 0, centres.count == count * width, centres.allSatisfy(\.isFinite) else {
            return nil
        }
        self.encoding = encoding
        self.centres = centres
        clusterCount = count
        var table: [Double] = []
        var firstRows: [Int] = []
        for block in encoding.blocks {
            firstRows.append(table.count / count)
            let means = block.columns.map { encoding.columnMeans[$0] }
            if block.standardisation != nil {
                for cluster in 0..<count { table.append(centres[cluster * width + block.offset]) }
                for cluster in 0..<count {
                    let gap = means[0] - centres[cluster * width + block.offset]
                    table.append(gap * gap)
                }
                continue
            }
            Self.append(
                (0..<count).map {
                    centres[($0 * width + block.offset)...].prefix(block.columnCount)
                }, means: means, to: &table)
        }
        self.table = table
        self.firstRows = firstRows
    }

    /// Appends the squared distances of a category's points: of each code, then of a missing one.
    ///
    /// A code's point is 1 in its own column and 0 in all others: what those before and behind it
    /// add is summed once for all codes. Nothing is taken off again, so nothing is lost.
    private static func append(
        _ centres: [ArraySlice<Double>], means: [Double], to table: inout [Double]
    ) {
        let count = centres.count
        let first = table.count
        table.append(contentsOf: repeatElement(0, count: (means.count + 1) * count))
        for (cluster, centre) in centres.enumerated() {
            var behind = 0.0
            for (code, coordinate) in Array(zip(means.indices, centre)).reversed() {
                table[first + code * count + cluster] = behind
                behind += coordinate * coordinate
            }
            var before = 0.0
            var missing = 0.0
            for (code, coordinate) in zip(means.indices, centre) {
                let gap = 1 - coordinate
                table[first + code * count + cluster] += before + gap * gap
                before += coordinate * coordinate
                missing += (means[code] - coordinate) * (means[code] - coordinate)
            }
            table[first + means.count * count + cluster] = missing
        }
    }

    /// Appends `clusterCount` margins for each of the row-major rows.
    ///
    /// - Complexity: O(rows × features × clusters); allocates nothing while `margins` has room.
    package func appendMargins(of rows: Span<Double>, to margins: inout [Double]) {
        let width = encoding.blocks.count
        for start in stride(from: 0, to: rows.count, by: width) {
            let first = margins.count
            for _ in 0..<clusterCount { margins.append(0) }
            for index in 0..<width {
                subtract(index, rows[start + index], from: &margins, at: first)
            }
        }
    }

    @inline(__always)
    private func subtract(
        _ index: Int, _ value: Double, from margins: inout [Double], at first: Int
    ) {
        let block = encoding.blocks[index]
        let firstRow = firstRows[index]
        if block.standardisation != nil, !value.isNaN {
            let coordinate = block.standardised(value)
            for cluster in 0..<clusterCount {
                let gap = coordinate - table[firstRow * clusterCount + cluster]
                margins[first + cluster] -= gap * gap
            }
            return
        }
        let code = value.isNaN ? block.columnCount : block.column(ofCode: value) - block.offset
        let row = (firstRow + code) * clusterCount
        for cluster in 0..<clusterCount { margins[first + cluster] -= table[row + cluster] }
    }
}
