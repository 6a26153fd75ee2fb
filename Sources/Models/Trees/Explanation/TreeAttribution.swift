// SPDX-License-Identifier: Apache-2.0

/// Shapley values of an ensemble, path-dependent: what a feature is not known for, goes both ways
/// of its splits by the training weight there (Lundberg and others, "Consistent individualized
/// feature attribution for tree ensembles", 2018).
///
/// A leaf of value `v` whose path asks the features `1…d` adds to feature `i`
///
///     v · (o_i - z_i) · ∫ Π_{j ≠ i} (o_j · t + z_j · (1 - t)) dt    over 0...1
///
/// where `o_j` tells whether the row goes along at every split on `j`, and `z_j` is the product of
/// the weights' shares there: the integral is the mean over all orders of features, as `t` runs
/// through the share of them that is known. The integrand has degree `d - 1`, so that
/// Gauss-Legendre quadrature with `d / 2` points is exact. One pass over the tree keeps the product
/// at the points on the way down, and sums up the leaves on the way back.
struct TreeAttribution: Sendable {
    /// For each margin, the mean over the training weight, without `divisor`, `scale` and `bias`.
    let bases: [Double]
    /// For each tree, which of the rules it takes: it has four points more than the one before.
    private let ruleNumbers: [Int]
    private let rules: [Rule]
    private let depthMax: Int
    private let precision: Precision

    /// Four points to a vector.
    private struct Rule: Sendable {
        let points: [SIMD4<Double>]
        let weights: [SIMD4<Double>]

        init(vectorCount: Int) {
            let rule = GaussLegendre(count: 4 * vectorCount)
            func vectors(_ values: [Double]) -> [SIMD4<Double>] {
                (0..<vectorCount).map { SIMD4(values[(4 * $0)..<(4 * $0 + 4)]) }
            }
            points = vectors(rule.points)
            weights = vectors(rule.weights)
        }
    }

    /// Deeper trees are not explained: a hostile one would take too much memory.
    private static let deepest = 512

    /// - Returns: `nil` when some training weight is not known or not that of its parts, or a tree
    ///   is too deep.
    init?(_ trees: [DecisionTree], aggregation: TreeAggregation) {
        precision = aggregation.precision
        var bases = [Double](repeating: 0, count: aggregation.marginCount)
        var ruleNumbers: [Int] = []
        var depthMax = 0
        for tree in trees {
            guard tree.knowsCovers, let shape = PathShape(tree, deepest: Self.deepest)
            else { return nil }
            ruleNumbers.append(max(0, shape.featureMax - 1) / 8)
            depthMax = max(depthMax, shape.depthMax)
            let width = tree.leafWidth
            for offset in 0..<width {
                let mean = shape.leafShares.enumerated().reduce(0) {
                    $0 + tree.leafValues[$1.offset * width + offset] * $1.element
                }
                bases[tree.firstMargin + offset].add(mean, in: precision)
            }
        }
        for margin in bases.indices { bases[margin].add(aggregation.start[margin], in: precision) }
        self.bases = bases
        self.ruleNumbers = ruleNumbers
        self.depthMax = depthMax
        rules = (0...(ruleNumbers.max() ?? 0)).map { Rule(vectorCount: $0 + 1) }
    }

    /// What each feature adds to a margin, without `divisor`, `scale` and `bias`.
    ///
    /// - Parameter row: values already rounded to the ensemble's precision.
    /// - Complexity: O(leaves × most features on a path).
    func contributions(of row: Span<Double>, margin: Int, trees: [DecisionTree]) -> [Double] {
        var path = AttributionPath(
            featureCount: row.count, depthMax: depthMax, vectorMax: rules.count)
        var sums = [Double](repeating: 0, count: row.count)
        for (number, tree) in trees.enumerated() where !tree.splits.isEmpty {
            let offset = margin - tree.firstMargin
            guard offset >= 0, offset < tree.leafWidth else { continue }
            let rule = rules[ruleNumbers[number]]
            path.explain(tree, offset, row, rule.points, rule.weights)
            for feature in sums.indices {
                sums[feature].add(path.contributions[feature], in: precision)
            }
        }
        return sums
    }
}

extension Double {
    /// Adds as a library does that computes a tree's part and then sums in its own precision.
    fileprivate mutating func add(_ part: Double, in precision: Precision) {
        self = precision.rounded(self + precision.rounded(part))
    }
}

extension DecisionTree {
    /// Whether the training weight of every node is known: that of a split's children is its own,
    /// so that no share is much above 1. It may be 0 where no row came: an oblivious tree splits
    /// there all the same. All the weight then goes to the other child.
    fileprivate var knowsCovers: Bool {
        splits.first.map { $0.cover > 0 } != false
            && splits.allSatisfy { split in
                let sum = cover(of: split.left) + cover(of: split.right)
                return abs(sum - split.cover) <= Self.coverTolerance * split.cover
            }
    }

    /// How far off the sum of two weights may be, as libraries write rounded floats.
    private static let coverTolerance = 1e-4

    /// Which share of a split's training weight a child has; none where there is none to share.
    func share(of child: Int, _ split: Split) -> Double {
        split.cover > 0 ? cover(of: child) / split.cover : 0
    }

    private func cover(of child: Int) -> Double {
        child < 0 ? leafCovers[~child] : splits[child].cover
    }
}

/// What a tree asks of a rule, and which share of the training weight its leaves have.
private struct PathShape {
    private(set) var leafShares: [Double]
    private(set) var depthMax = 0
    /// The most features on a path.
    private(set) var featureMax = 0

    init?(_ tree: DecisionTree, deepest: Int) {
        leafShares = [Double](repeating: 1, count: tree.leafCount)
        guard !tree.splits.isEmpty else { return }
        var path: [Int] = []
        // A split, its depth, and the share that comes to it; the deepest last.
        var pending = [(split: 0, depth: 0, share: 1.0)]
        while let (index, depth, share) = pending.popLast() {
            guard depth < deepest else { return nil }
            let split = tree.splits[index]
            path.removeLast(path.count - depth)
            path.append(split.feature)
            for child in [split.right, split.left] {
                let childShare = share * tree.share(of: child, split)
                if child >= 0 {
                    pending.append((child, depth + 1, childShare))
                } else {
                    leafShares[~child] = childShare
                    depthMax = max(depthMax, depth + 1)
                    if path.count > featureMax { featureMax = max(featureMax, Set(path).count) }
                }
            }
        }
    }
}
