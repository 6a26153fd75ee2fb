// SPDX-License-Identifier: Apache-2.0
import Models

/// Rows as points of the space of clusters; distances and sums are computed in fixed blocks, so
/// that they do not depend on the number of threads.
struct KMeansPoints: Sendable {
    /// Each row's nearest centre.
    struct Assignment: Sendable {
        fileprivate(set) var clusters: [Int32] = []
        fileprivate(set) var squaredDistances: [Double] = []
        fileprivate(set) var inertia = 0.0
    }

    private struct Sums: Sendable {
        /// Clusters × columns.
        var columns: [Double]
        /// How many rows miss a feature: clusters × features.
        var missing: [Double]
        var counts: [Double]
    }

    let rows: [Double]
    let encoding: KMeansEncoding
    let rowCount: Int
    /// The mean of the columns' population variances.
    let meanVariance: Double

    private var width: Int { encoding.blocks.count }

    init(_ rows: [Double], _ encoding: KMeansEncoding) {
        self.rows = rows
        self.encoding = encoding
        rowCount = rows.count / encoding.blocks.count
        var sum = 0.0
        for (index, block) in encoding.blocks.enumerated() {
            if block.standardisation == nil {
                // Of a column of zeros and ones, from its mean.
                for column in block.columns {
                    sum += encoding.columnMeans[column] * (1 - encoding.columnMeans[column])
                }
                continue
            }
            for row in 0..<rowCount {
                let value = rows[row * encoding.blocks.count + index]
                if value.isNaN { continue }
                let coordinate = block.standardised(value)
                sum += coordinate * coordinate / Double(rowCount)
            }
        }
        meanVariance = sum / Double(encoding.columnCount)
    }

    func point(_ row: Int) -> [Double] {
        let rows = rows.span
        return encoding.point(of: rows, at: row * width)
    }

    func model(_ centres: [Double]) throws(TrainingError) -> KMeansModel {
        guard let model = KMeansModel(encoding: encoding, centres: centres) else {
            throw .unsuitable("a centre is not finite; smaller numbers help")
        }
        return model
    }

    /// Of each row to each of the model's centres, which are `count`, adjacent for a row.
    func squaredDistances(to model: KMeansModel, count: Int) -> [Double] {
        blocks(resultByteCount: 8 * count).map { _, range in
            var margins: [Double] = []
            margins.reserveCapacity(range.count * count)
            let span = rows.span.extracting((range.lowerBound * width)..<(range.upperBound * width))
            model.appendMargins(of: span, to: &margins)
            for index in margins.indices { margins[index] = -margins[index] }
            return margins
        }.flatMap(\.self)
    }

    func assign(to model: KMeansModel) -> Assignment {
        let count = model.clusterCount
        let parts = blocks(resultByteCount: 16).map { _, range in
            var part = Assignment()
            var margins: [Double] = []
            let span = rows.span
            for row in range {
                margins.removeAll(keepingCapacity: true)
                let own = span.extracting((row * width)..<((row + 1) * width))
                model.appendMargins(of: own, to: &margins)
                var best = 0
                for cluster in 1..<max(1, count) where margins[cluster] > margins[best] {
                    best = cluster
                }
                part.clusters.append(Int32(best))
                part.squaredDistances.append(-margins[best])
                part.inertia -= margins[best]
            }
            return part
        }
        return parts.reduce(into: Assignment()) { whole, part in
            whole.clusters += part.clusters
            whole.squaredDistances += part.squaredDistances
            whole.inertia += part.inertia
        }
    }

    /// The means of the clusters. One that lost all its rows moves to the row that lies farthest
    /// from its own centre and was not taken yet, as in scikit-learn.
    func centres(of assignment: Assignment, instead model: KMeansModel) -> [Double] {
        let count = model.clusterCount
        let columnCount = encoding.columnCount
        let sums = sums(of: assignment, count)
        var centres = [Double](repeating: 0, count: count * columnCount)
        var farthest: ArraySlice<Int> = []
        if sums.counts.contains(0) {
            let distances = assignment.squaredDistances
            farthest = distances.indices.sorted {
                (distances[$1], $0) < (distances[$0], $1)
            }.prefix(count)
        }
        for cluster in 0..<count {
            let first = cluster * columnCount
            guard sums.counts[cluster] > 0 else {
                let point = farthest.popFirst().map(point) ?? []
                for (column, value) in point.enumerated() { centres[first + column] = value }
                continue
            }
            for (index, block) in encoding.blocks.enumerated() {
                let missing = sums.missing[cluster * width + index]
                for column in block.columns {
                    let sum = sums.columns[first + column] + missing * encoding.columnMeans[column]
                    centres[first + column] = sum / sums.counts[cluster]
                }
            }
        }
        return centres
    }

    private func sums(of assignment: Assignment, _ count: Int) -> Sums {
        let columnCount = encoding.columnCount
        let empty = Sums(
            columns: [Double](repeating: 0, count: count * columnCount),
            missing: [Double](repeating: 0, count: count * width),
            counts: [Double](repeating: 0, count: count))
        let parts = blocks(resultByteCount: 8 * count * (columnCount + width + 1)).map {
            _, range in
            var part = empty
            for row in range {
                let cluster = Int(assignment.clusters[row])
                part.counts[cluster] += 1
                for (index, block) in encoding.blocks.enumerated() {
                    let value = rows[row * width + index]
                    if value.isNaN {
                        part.missing[cluster * width + index] += 1
                    } else if block.standardisation != nil {
                        part.columns[cluster * columnCount + block.offset] +=
                            block.standardised(value)
                    } else {
                        part.columns[cluster * columnCount + block.column(ofCode: value)] += 1
                    }
                }
            }
            return part
        }
        return parts.reduce(into: empty) { whole, part in
            for index in whole.columns.indices { whole.columns[index] += part.columns[index] }
            for index in whole.missing.indices { whole.missing[index] += part.missing[index] }
            for index in whole.counts.indices { whole.counts[index] += part.counts[index] }
        }
    }

    private func blocks(resultByteCount: Int) -> RowBlocks {
        RowBlocks(rowCount: rowCount, resultByteCount: resultByteCount)
    }
}

extension KMeansEncoding {
    /// Standardises numbers as scikit-learn's `StandardScaler`; the means of a category's columns
    /// are the frequencies among rows that have it.
    init(learning data: Dataset) throws(TrainingError) {
        let standardisations = LinearLearner.standardisations(data)
        var means: [Double] = []
        for (index, feature) in data.schema.features.enumerated() {
            guard case .category(let dictionary) = feature.kind else {
                means.append(0)
                continue
            }
            var counts = [Double](repeating: 0, count: dictionary.otherCode + 1)
            var total = 0.0
            for row in 0..<data.count {
                let value = data.rows[row * data.schema.count + index]
                if value.isNaN { continue }
                counts[Int(value)] += 1
                total += 1
            }
            means += counts.map { $0 / max(total, 1) }
        }
        guard
            let encoding = KMeansEncoding(
                schema: data.schema, standardisations: standardisations, columnMeans: means)
        else { throw .unsuitable("a column's numbers are too large to standardise") }
        self = encoding
    }
}
