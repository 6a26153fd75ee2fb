// SPDX-License-Identifier: Apache-2.0
import Models

/// How much nearer rows lie to their own cluster than to the next one.
///
/// P. Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster
/// analysis" (1987). The mean over a seeded sample of the rows, by scikit-learn's
/// `silhouette_score`: a row alone in its cluster counts 0.
enum Silhouette {
    static let rowCountMax = 1000
    private static let seed: UInt64 = 1

    /// `nil` unless the rows fall into two clusters at least, and fewer than there are rows.
    ///
    /// - Complexity: O(sample² × columns).
    static func score(of model: KMeansModel, rows: [Double]) -> Double? {
        let width = model.encoding.blocks.count
        let sample = sample(rows.count / width)
        let span = rows.span
        var points: [[Double]] = []
        var clusters: [Int] = []
        var margins: [Double] = []
        for row in sample {
            points.append(model.encoding.point(of: span, at: row * width))
            margins.removeAll(keepingCapacity: true)
            model.appendMargins(
                of: span.extracting((row * width)..<((row + 1) * width)), to: &margins)
            clusters.append(margins.indices.max { margins[$0] < margins[$1] } ?? 0)
        }
        return score(points, clusters, clusterCount: model.clusterCount)
    }

    static func score(_ points: [[Double]], _ clusters: [Int], clusterCount: Int) -> Double? {
        var counts = [Int](repeating: 0, count: clusterCount)
        for cluster in clusters { counts[cluster] += 1 }
        let present = counts.count { $0 > 0 }
        guard present >= 2, present < points.count else { return nil }
        var sums = [Double](repeating: 0, count: points.count * clusterCount)
        for row in points.indices {
            for other in 0..<row {
                let distance = distance(points[row], points[other])
                sums[row * clusterCount + clusters[other]] += distance
                sums[other * clusterCount + clusters[row]] += distance
            }
        }
        var total = 0.0
        for (row, own) in clusters.enumerated() where counts[own] > 1 {
            let inner = sums[row * clusterCount + own] / Double(counts[own] - 1)
            var outer = Double.infinity
            for cluster in 0..<clusterCount where cluster != own && counts[cluster] > 0 {
                outer = min(outer, sums[row * clusterCount + cluster] / Double(counts[cluster]))
            }
            let larger = max(inner, outer)
            if larger > 0 { total += (outer - inner) / larger }
        }
        return total / Double(points.count)
    }

    /// All rows, or so many as are affordable, ascending.
    private static func sample(_ rowCount: Int) -> [Int] {
        guard rowCount > rowCountMax else { return Array(0..<rowCount) }
        let drawn = (0..<rowCount).map { (SplitMix64.value(seed: seed, index: $0), $0) }
        return drawn.sorted(by: <).prefix(rowCountMax).map(\.1).sorted()
    }

    private static func distance(_ left: [Double], _ right: [Double]) -> Double {
        var sum = 0.0
        for index in left.indices {
            sum += (left[index] - right[index]) * (left[index] - right[index])
        }
        return sum.squareRoot()
    }
}
