// SPDX-License-Identifier: Apache-2.0

/// The upper bounds of a number's bins, ascending, the last infinite: a value belongs to the first
/// bin whose bound it does not exceed.
///
/// LightGBM's rule. Bins hold about equally many rows; a value that fills a bin alone gets one;
/// zero has its own. A bound is the double above the midpoint of its neighbours, so that `<=` on
/// raw values agrees with bins.
struct NumberBounds {
    /// LightGBM's `kZeroThreshold`: what lies within is zero.
    private static let zero = Double(Float(1e-35))

    private let rowCountMin: Int

    /// - Parameters:
    ///   - values: ascending, without NaN.
    ///   - rowCountMin: how many rows a bin has at least (`min_data_in_bin`).
    static func bounds(
        ofSorted values: [Double], binCountMax: Int, rowCountMin: Int
    ) -> [Double] {
        guard !values.isEmpty else { return [.infinity] }
        let rule = NumberBounds(rowCountMin: rowCountMin)
        let negative = Runs(values.prefix { $0 <= -zero })
        let positive = Runs(values.drop { $0 <= zero })
        let others = negative.rowCount + positive.rowCount
        var bounds: [Double] = []
        if negative.rowCount > 0 {
            let share = Double(negative.rowCount) / Double(others)
            let most = max(1, Int(share * Double(binCountMax - 1)))
            bounds = rule.bounds(negative, binCountMax: most)
            bounds[bounds.count - 1] = -zero
        }
        let most = binCountMax - 1 - bounds.count
        guard positive.rowCount > 0, most > 0 else { return bounds + [.infinity] }
        return bounds + [zero] + rule.bounds(positive, binCountMax: most)
    }

    /// Distinct values and how often each occurs.
    private struct Runs {
        private let sorted: ArraySlice<Double>
        /// Where each value's run begins, counted from the first, and at last where the last ends.
        private var starts: [UInt32] = []

        init(_ sorted: ArraySlice<Double>) {
            self.sorted = sorted
            var last = Double.nan
            for (index, value) in sorted.enumerated() where value != last {
                starts.append(UInt32(truncatingIfNeeded: index))
                last = value
            }
            starts.append(UInt32(truncatingIfNeeded: sorted.count))
        }

        var rowCount: Int { sorted.count }
        /// How many values are distinct.
        var count: Int { starts.count - 1 }

        @inline(__always)
        func value(_ index: Int) -> Double { sorted[sorted.startIndex + Int(starts[index])] }

        @inline(__always)
        func rowCount(_ index: Int) -> Int { Int(starts[index + 1] - starts[index]) }
    }

    private func bounds(_ runs: Runs, binCountMax: Int) -> [Double] {
        runs.count <= binCountMax
            ? boundsOfFew(runs) : boundsOfMany(runs, binCountMax: binCountMax)
    }

    /// Each value its own bin, as far as it has the rows.
    private func boundsOfFew(_ runs: Runs) -> [Double] {
        var bounds: [Double] = []
        var rowCount = 0
        for index in 0..<(runs.count - 1) {
            rowCount += runs.rowCount(index)
            guard rowCount >= rowCountMin else { continue }
            Self.append(Self.between(runs.value(index), runs.value(index + 1)), to: &bounds)
            rowCount = 0
        }
        return bounds + [.infinity]
    }

    private func boundsOfMany(_ runs: Runs, binCountMax: Int) -> [Double] {
        let binCount = max(1, min(binCountMax, runs.rowCount / max(1, rowCountMin)))
        let fill = Double(runs.rowCount) / Double(binCount)
        let isBig = (0..<runs.count).map { Double(runs.rowCount($0)) >= fill }
        var restBins = binCount - isBig.count(where: \.self)
        var restRows = runs.rowCount
        for index in 0..<runs.count where isBig[index] { restRows -= runs.rowCount(index) }
        var wanted = Double(restRows) / Double(restBins)
        var bounds: [Double] = []
        var filledBins = 0
        var rowCount = 0
        for index in 0..<(runs.count - 1) {
            let count = runs.rowCount(index)
            if !isBig[index] { restRows -= count }
            rowCount += count
            let isBeforeBig = isBig[index + 1] && Double(rowCount) >= max(1, wanted * 0.5)
            guard isBig[index] || Double(rowCount) >= wanted || isBeforeBig else { continue }
            Self.append(Self.between(runs.value(index), runs.value(index + 1)), to: &bounds)
            filledBins += 1
            if filledBins >= binCount - 1 { break }
            rowCount = 0
            if !isBig[index] {
                restBins -= 1
                wanted = Double(restRows) / Double(restBins)
            }
        }
        return bounds + [.infinity]
    }

    private static func between(_ low: Double, _ high: Double) -> Double {
        (low / 2 + high / 2).nextUp
    }

    private static func append(_ bound: Double, to bounds: inout [Double]) {
        if let last = bounds.last, bound <= last.nextUp { return }
        bounds.append(bound)
    }
}
