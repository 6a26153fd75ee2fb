// SPDX-License-Identifier: Apache-2.0

extension SplitScan {
    /// Tries every threshold, with missing values on either side.
    ///
    /// From the highest bin down, so that among thresholds with no row between them the highest
    /// is kept, which is LightGBM's choice.
    mutating func scanNumber(_ sums: UnsafePointer<GradientSum>, _ bins: FeatureBins) {
        scan(sums, bins, right: .zero, missingLeft: true)
        guard let missing = bins.missingBin, sums[missing] != .zero else { return }
        let right = sums[missing]
        let left = leaf.sum &- right
        let rightCount = rowCount(right)
        if !isTooSmall(right, rowCount: rightCount),
            !isTooSmall(left, rowCount: leaf.rowCount - rightCount)
        {
            let saved = gain(left, right, l2: rules.lambdaL2)
            keepThreshold(saved, left, bins.valueBinCount - 1, missingLeft: false)
        }
        scan(sums, bins, right: right, missingLeft: false)
    }

    @inline(__always)
    private mutating func scan(
        _ sums: UnsafePointer<GradientSum>, _ bins: FeatureBins, right first: GradientSum,
        missingLeft: Bool
    ) {
        var right = first
        var rightCount = rowCount(first)
        var bin = bins.valueBinCount - 1
        while bin > 0 {
            let sum = sums[bin]
            bin &-= 1
            // A bin without rows divides them as the one above did.
            if sum == .zero { continue }
            right &+= sum
            rightCount &+= rowCount(sum)
            if isTooSmall(right, rowCount: rightCount) { continue }
            let left = leaf.sum &- right
            if isTooSmall(left, rowCount: leaf.rowCount &- rightCount) { break }
            let saved = gain(left, right, l2: rules.lambdaL2)
            if saved > bestGain { keepThreshold(saved, left, bin, missingLeft: missingLeft) }
        }
    }
}
