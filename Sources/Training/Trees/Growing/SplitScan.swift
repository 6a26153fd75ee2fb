// SPDX-License-Identifier: Apache-2.0

/// The search for one leaf's best split by one feature.
struct SplitScan {
    let rules: GrowingRules
    let units: GradientUnits
    let leaf: LeafState
    let direction: Int8
    let hasConstraints: Bool
    /// How many hessian units a child has at least.
    private let leastHessian: Int64
    private let rowsPerUnit: Double
    private let parentGain: Double
    private(set) var best: SplitCandidate
    private(set) var bestGain: Double
    private var bestL2 = 0.0

    init(_ finder: SplitFinder, _ leaf: LeafState, _ feature: Int) {
        rules = finder.rules
        units = finder.units
        self.leaf = leaf
        direction = finder.monotone[feature]
        hasConstraints = finder.hasConstraints
        let (gradient, hessian) = units.values(leaf.sum)
        rowsPerUnit = Double(leaf.rowCount) / Double(max(leaf.sum.y, 1))
        let least = max(rules.minSumHessianInLeaf / units.hessian, 1)
        leastHessian = Int64(min(least.rounded(.up), 0x1p62))
        if finder.hasConstraints {
            let value = leaf.clamped(rules.value(gradient, hessian, l2: rules.lambdaL2))
            parentGain = rules.gain(gradient, hessian, l2: rules.lambdaL2, value: value)
        } else {
            parentGain = rules.gain(gradient, hessian, l2: rules.lambdaL2)
        }
        bestGain = parentGain + rules.minGainToSplit
        best = .none
        best.feature = feature
    }

    /// About how many rows a bin has, by its share of the leaf's hessian: LightGBM's estimate. It
    /// saves the histogram a third column and is exact where all hessians are equal.
    @inline(__always)
    func rowCount(_ sum: GradientSum) -> Int {
        Int(Double(sum.y) * rowsPerUnit + 0.5)
    }

    @inline(__always)
    func isTooSmall(_ sum: GradientSum, rowCount: Int) -> Bool {
        rowCount < rules.minDataInLeaf || sum.y < leastHessian
    }

    /// What both children save; nothing where the constraints forbid the split.
    @inline(__always)
    func gain(_ left: GradientSum, _ right: GradientSum, l2: Double) -> Double {
        let (leftGradient, leftHessian) = units.values(left)
        let (rightGradient, rightHessian) = units.values(right)
        if hasConstraints {
            let leftValue = leaf.clamped(rules.value(leftGradient, leftHessian, l2: l2))
            let rightValue = leaf.clamped(rules.value(rightGradient, rightHessian, l2: l2))
            if direction > 0 && leftValue > rightValue || direction < 0 && leftValue < rightValue {
                return -.infinity
            }
            return rules.gain(leftGradient, leftHessian, l2: l2, value: leftValue)
                + rules.gain(rightGradient, rightHessian, l2: l2, value: rightValue)
        }
        return rules.gain(leftGradient, leftHessian, l2: l2)
            + rules.gain(rightGradient, rightHessian, l2: l2)
    }

    /// Keeps a split that saves more than the best so far; of equals the first stays.
    mutating func keep(_ gain: Double, left: GradientSum, l2: Double) -> Bool {
        guard gain > bestGain else { return false }
        bestGain = gain
        bestL2 = l2
        best.leftSum = left
        return true
    }

    mutating func keepThreshold(_ gain: Double, _ left: GradientSum, _ bin: Int, missingLeft: Bool)
    {
        guard keep(gain, left: left, l2: rules.lambdaL2) else { return }
        best.thresholdBin = bin
        best.missingGoesLeft = missingLeft
    }

    mutating func keepCategories(_ gain: Double, _ left: GradientSum, _ bins: BinSet, l2: Double) {
        guard keep(gain, left: left, l2: l2) else { return }
        best.leftBins = bins
    }

    /// The best split with what follows from it.
    var finished: SplitCandidate {
        var result = best
        guard bestGain > parentGain + rules.minGainToSplit, bestGain.isFinite else { return .none }
        result.gain = bestGain - parentGain
        let (leftGradient, leftHessian) = units.values(result.leftSum)
        let (rightGradient, rightHessian) = units.values(leaf.sum &- result.leftSum)
        result.leftValue = leaf.clamped(rules.value(leftGradient, leftHessian, l2: bestL2))
        result.rightValue = leaf.clamped(rules.value(rightGradient, rightHessian, l2: bestL2))
        return result
    }
}
