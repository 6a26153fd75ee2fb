// SPDX-License-Identifier: Apache-2.0

/// Finds a leaf's best split by one feature in its histogram, as LightGBM does.
struct SplitFinder {
    let rules: GrowingRules
    let units: GradientUnits
    /// 1, -1 or 0 for each feature: whether the margin must rise or fall with it.
    let monotone: [Int8]
    let hasConstraints: Bool

    init(_ rules: GrowingRules, _ units: GradientUnits, monotone: [Int8]) {
        self.rules = rules
        self.units = units
        self.monotone = monotone
        hasConstraints = monotone.contains { $0 != 0 }
    }

    func best(
        _ leaf: LeafState, _ feature: Int, _ bins: FeatureBins, _ sums: UnsafePointer<GradientSum>
    ) -> SplitCandidate {
        var scan = SplitScan(self, leaf, feature)
        if bins.isCategory {
            scan.scanCategories(sums, bins)
        } else {
            scan.scanNumber(sums, bins)
        }
        return scan.finished
    }
}
