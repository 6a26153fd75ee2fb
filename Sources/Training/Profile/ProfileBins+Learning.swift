// SPDX-License-Identifier: Apache-2.0
import Models

/// Choosing bins by what there is.
extension ProfileBins {
    /// Edges need not be the quantiles of all rows, as all rows are counted between them; sorting
    /// those would take as long as learning some models does.
    private static let sampleCountMax = 2048

    /// Bins that hold a twentieth of the values each, or one value each where there are at most
    /// twenty different ones.
    ///
    /// An edge lies between a value and the next: both keep their bins when they come with other
    /// rounding.
    ///
    /// - Parameter value: the row's, NaN where it is missing.
    static func numbers(rowCount: Int, _ value: (Int) -> Double) -> ProfileBins {
        var low = Double.infinity
        var high = -Double.infinity
        for row in 0..<rowCount {
            let value = value(row)
            guard value.isFinite else { continue }
            low = min(low, value)
            high = max(high, value)
        }
        guard low <= high else { return .number(edges: [], range: nil) }
        let count = min(rowCount, sampleCountMax)
        var sample: [Double] = []
        sample.reserveCapacity(count)
        for index in 0..<count {
            let value = value(rowCount * index / count)
            if value.isFinite { sample.append(value) }
        }
        sample.sort()
        return .number(edges: edges(sample), range: low...high)
    }

    private static func edges(_ sorted: [Double]) -> [Double] {
        var edges: [Double] = []
        for index in sorted.indices.dropFirst() where sorted[index - 1] < sorted[index] {
            edges.append(middle(sorted[index - 1], sorted[index]))
            if edges.count == numberCountMax { break }
        }
        if edges.count < numberCountMax { return edges }
        edges.removeAll()
        for part in 1..<numberCountMax {
            let last = sorted[max(1, sorted.count * part / numberCountMax) - 1]
            let next = partitionPoint(of: sorted) { $0 <= last }
            guard next < sorted.count else { break }
            let edge = middle(last, sorted[next])
            if edges.last.map({ $0 < edge }) ?? true { edges.append(edge) }
        }
        return edges
    }

    /// A number from `low` on and below `high`.
    private static func middle(_ low: Double, _ high: Double) -> Double {
        let middle = low / 2 + high / 2
        return low <= middle && middle < high ? middle : low
    }

    /// The index of the first element that does not belong; those that do stand before all others.
    private static func partitionPoint(
        of sorted: [Double], _ belongs: (Double) -> Bool
    ) -> Int {
        var range = 0..<sorted.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range =
                belongs(sorted[middle])
                ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }

    /// A bin for each of the 64 codes that occur most, the lower code first of equals.
    ///
    /// - Parameter code: the row's, NaN where it is missing, `codeCount` where it has none.
    static func categories(
        codeCount: Int, rowCount: Int, _ code: (Int) -> Double
    ) -> ProfileBins {
        var counts = [Int](repeating: 0, count: codeCount)
        for row in 0..<rowCount {
            let code = code(row)
            if code < Double(codeCount) { counts[Int(code)] += 1 }
        }
        let codes = counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }
        return .category(codes: Array(codes.prefix(categoryCountMax)), codeCount: codeCount)
    }
}
