// SPDX-License-Identifier: Apache-2.0

/// The way from a root down to where a tree is being explained, and what was found so far.
struct AttributionPath {
    /// Room for one edge of the path; level 0 stands for the root.
    private struct Level {
        var feature = 0
        /// The last level above that is about the same feature, whose part this one takes over; 0
        /// if none.
        var prior = 0
        /// 1 while the row goes along.
        var one = 1.0
        /// The share of the training weight that goes along.
        var zero = 1.0
    }

    /// A split's child, to be visited.
    private struct Pending {
        let child: Int
        let level: Int
        let feature: Int
        let one: Double
        let zero: Double
    }

    /// Below it a share of the weight counts as none: it could not be divided by.
    private static let leastShare = 1e-300

    private(set) var contributions: [Double]
    private var levels: [Level]
    private var pending: [Pending] = []
    /// For each feature, the deepest level that is about it.
    private var lastLevels: [Int]
    /// For each level a few vectors of each: the product of all factors with the weights, one by
    /// the level's own factor, that times `one - zero`, and the sum over the leaves below.
    private var products: [SIMD4<Double>]
    private var inverses: [SIMD4<Double>]
    private var differences: [SIMD4<Double>]
    private var sums: [SIMD4<Double>]

    init(featureCount: Int, depthMax: Int, vectorMax: Int) {
        let count = (depthMax + 1) * vectorMax
        contributions = [Double](repeating: 0, count: featureCount)
        levels = [Level](repeating: Level(), count: depthMax + 1)
        lastLevels = [Int](repeating: 0, count: featureCount)
        products = [SIMD4<Double>](repeating: .zero, count: count)
        inverses = products
        differences = products
        sums = products
        pending.reserveCapacity(depthMax + 2)
    }

    /// Finds what a tree's leaves, their value at `offset`, give the features.
    mutating func explain(
        _ tree: DecisionTree, _ offset: Int, _ row: Span<Double>, _ points: [SIMD4<Double>],
        _ weights: [SIMD4<Double>]
    ) {
        let vectorCount = points.count
        for feature in contributions.indices { contributions[feature] = 0 }
        for vector in 0..<vectorCount {
            products[vector] = weights[vector]
            inverses[vector] = SIMD4(repeating: 1)
            differences[vector] = .zero
            sums[vector] = .zero
        }
        let width = tree.leafWidth
        push(tree.splits[0], tree, row, level: 1)
        var level = 0
        while let next = pending.popLast() {
            while level >= next.level {
                close(level, vectorCount)
                level -= 1
            }
            level = next.level
            open(next, points)
            if next.child >= 0 {
                push(tree.splits[next.child], tree, row, level: level + 1)
            } else {
                let value = tree.leafValues[~next.child * width + offset]
                for vector in level * vectorCount..<(level + 1) * vectorCount {
                    sums[vector] = products[vector] * value
                }
            }
        }
        while level > 0 {
            close(level, vectorCount)
            level -= 1
        }
    }

    private mutating func push(
        _ split: DecisionTree.Split, _ tree: DecisionTree, _ row: Span<Double>, level: Int
    ) {
        let goesLeft = tree.goesLeft(split, row[split.feature])
        push(split.right, !goesLeft, split, tree, level)
        push(split.left, goesLeft, split, tree, level)
    }

    private mutating func push(
        _ child: Int, _ goesAlong: Bool, _ split: DecisionTree.Split, _ tree: DecisionTree,
        _ level: Int
    ) {
        // The same when it is opened: what is below the other child is closed by then.
        let prior = levels[lastLevels[split.feature]]
        let one = goesAlong ? prior.one : 0
        let zero = tree.share(of: child, split) * prior.zero
        // Where neither the row nor the weight goes, leaves add nothing to any feature.
        if one == 0, zero < Self.leastShare { return }
        pending.append(
            Pending(child: child, level: level, feature: split.feature, one: one, zero: zero))
    }

    private mutating func open(_ edge: Pending, _ points: [SIMD4<Double>]) {
        let vectorCount = points.count
        let prior = lastLevels[edge.feature]
        let (one, zero) = (edge.one, edge.zero)
        levels[edge.level] = Level(feature: edge.feature, prior: prior, one: one, zero: zero)
        lastLevels[edge.feature] = edge.level
        let start = edge.level * vectorCount
        for vector in 0..<vectorCount {
            // Well above 0, since points lie within 0..<1 and not both are.
            let factor = points[vector] * one + (1 - points[vector]) * zero
            let inverse = 1 / factor
            inverses[start + vector] = inverse
            differences[start + vector] = inverse * (one - zero)
            products[start + vector] =
                products[start - vectorCount + vector] * factor
                * inverses[prior * vectorCount + vector]
            sums[start + vector] = .zero
        }
    }

    /// Gives a level's sum to its feature and to the level above.
    private mutating func close(_ number: Int, _ vectorCount: Int) {
        let level = levels[number]
        let start = number * vectorCount
        var total = SIMD4<Double>.zero
        for vector in 0..<vectorCount {
            let sum = sums[start + vector]
            // The level above about the same feature counts these leaves too, with its own factor:
            // that is taken off.
            total +=
                sum
                * (differences[start + vector]
                    - differences[level.prior * vectorCount + vector])
            sums[start - vectorCount + vector] += sum
        }
        contributions[level.feature] += total.sum()
        lastLevels[level.feature] = level.prior
    }
}
