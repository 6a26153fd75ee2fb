// SPDX-License-Identifier: Apache-2.0

/// The best split found so far of a leaf by a feature.
struct SplitCandidate {
    /// How much more the children save than the leaf; not positive where there is no split.
    var gain: Double
    var feature = 0
    /// The last bin that goes left; -1 where categories are listed.
    var thresholdBin = -1
    /// Of a number: where the rows that miss it go.
    var missingGoesLeft = false
    var leftBins = BinSet()
    var leftSum = GradientSum.zero
    var leftValue = 0.0
    var rightValue = 0.0

    static let none = SplitCandidate(gain: 0)
}

/// A leaf, as far as the choice of its split needs it.
struct LeafState {
    var sum: GradientSum
    var rowCount: Int
    /// What monotone constraints leave to the values below.
    var least = -Double.infinity
    var most = Double.infinity

    func clamped(_ value: Double) -> Double { min(max(value, least), most) }
}
