// SPDX-License-Identifier: Apache-2.0

extension SplitScan {
    /// Tries sets of categories; a missing value is a category like the others.
    ///
    /// With few categories each against the rest. Otherwise they are sorted by the value that a
    /// leaf of each alone would have, and the beginnings and ends of that order are tried, which
    /// holds the best set (W. D. Fisher 1958); `cat_smooth`, `cat_l2`, `max_cat_threshold` and
    /// `min_data_per_group` keep small categories from being learnt by heart.
    mutating func scanCategories(_ sums: UnsafePointer<GradientSum>, _ bins: FeatureBins) {
        if bins.binCount <= rules.maxCatToOnehot {
            for bin in 0..<bins.binCount { tryAlone(sums, bin) }
            return
        }
        let smoothed = rules.catSmooth
        let used = (0..<bins.binCount).filter { Double(rowCount(sums[$0])) >= smoothed }
        let ratios = used.map { bin in
            let (gradient, hessian) = units.values(sums[bin])
            return gradient / (hessian + smoothed)
        }
        let order = used.indices.sorted { (ratios[$0], $0) < (ratios[$1], $1) }.map { used[$0] }
        scanOrder(sums, order)
        scanOrder(sums, order.reversed())
    }

    private mutating func tryAlone(_ sums: UnsafePointer<GradientSum>, _ bin: Int) {
        let left = sums[bin]
        let right = leaf.sum &- left
        let leftCount = rowCount(left)
        guard !isTooSmall(left, rowCount: leftCount),
            !isTooSmall(right, rowCount: leaf.rowCount - leftCount)
        else { return }
        var set = BinSet()
        set.insert(bin)
        keepCategories(gain(left, right, l2: rules.lambdaL2), left, set, l2: rules.lambdaL2)
    }

    private mutating func scanOrder(_ sums: UnsafePointer<GradientSum>, _ order: [Int]) {
        let l2 = rules.lambdaL2 + rules.catL2
        var left = GradientSum.zero
        var set = BinSet()
        var (leftCount, groupCount) = (0, 0)
        for bin in order.prefix(min(rules.maxCatThreshold, (order.count + 1) / 2)) {
            left &+= sums[bin]
            set.insert(bin)
            leftCount += rowCount(sums[bin])
            groupCount += rowCount(sums[bin])
            if isTooSmall(left, rowCount: leftCount) { continue }
            let right = leaf.sum &- left
            let rightCount = leaf.rowCount - leftCount
            if isTooSmall(right, rowCount: rightCount) || rightCount < rules.minDataPerGroup {
                break
            }
            if groupCount < rules.minDataPerGroup { continue }
            groupCount = 0
            keepCategories(gain(left, right, l2: l2), left, set, l2: l2)
        }
    }
}
