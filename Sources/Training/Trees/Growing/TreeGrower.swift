// SPDX-License-Identifier: Apache-2.0

/// Grows trees leaf by leaf, always where the split saves most.
///
/// Of two siblings only the smaller one's histogram is summed; the larger one's is what it leaves
/// of the parent's.
struct TreeGrower {
    private struct GrowingLeaf {
        var rows: Range<Int>
        var state: LeafState
        var depth: Int
        var value: Double
        var histogram: Histogram?
        var best: SplitCandidate
        /// The split above and which of its children this is.
        var parent: Int
        var isLeft: Bool
    }

    private let matrix: BinnedMatrix
    private let rules: GrowingRules
    private let monotone: [Int8]
    private let workers: Workers
    private let layout: Histogram.Layout
    private let candidates: Cells<SplitCandidate>
    private var spare: [Histogram] = []

    init(_ matrix: BinnedMatrix, _ rules: GrowingRules, monotone: [Int8], workers: Workers) {
        self.matrix = matrix
        self.rules = rules
        self.monotone = monotone
        self.workers = workers
        layout = Histogram.Layout(matrix)
        candidates = Cells(repeating: .none, count: 2 * matrix.features.count)
    }

    /// - Parameters:
    ///   - partition: the rows in play, in one leaf; afterwards in the tree's leaves.
    ///   - pairs: by the number of the row.
    ///   - isUsed: which features may be split by.
    mutating func grow(
        _ partition: RowPartition, isWhole: Bool, pairs: UnsafePointer<GradientPair>,
        units: GradientUnits, isUsed: [Bool]
    ) -> GrownTree {
        let growth = Growth(
            partition: partition, isWhole: isWhole, pairs: pairs,
            finder: SplitFinder(rules, units, monotone: monotone), isUsed: isUsed)
        var tree = GrownTree()
        var leaves = [root(growth)]
        while leaves.count < rules.numLeaves {
            var chosen = 0
            for index in leaves.indices where leaves[index].best.gain > leaves[chosen].best.gain {
                chosen = index
            }
            guard leaves[chosen].best.gain > 0 else { break }
            let (left, right) = split(leaves[chosen], growth, &tree)
            leaves[chosen] = left
            leaves.append(right)
            guard leaves.count < rules.numLeaves else { break }
            search(&leaves, chosen, leaves.count - 1, growth)
        }
        for (index, leaf) in leaves.enumerated() {
            tree.leaves.append(GrownTree.Leaf(value: leaf.value, rows: leaf.rows))
            if let histogram = leaf.histogram { spare.append(histogram) }
            guard leaf.parent >= 0 else { continue }
            if leaf.isLeft {
                tree.splits[leaf.parent].left = ~index
            } else {
                tree.splits[leaf.parent].right = ~index
            }
        }
        return tree
    }

    /// What stays the same while one tree grows.
    private struct Growth {
        let partition: RowPartition
        /// Whether all rows of the matrix are in play, in order.
        let isWhole: Bool
        let pairs: UnsafePointer<GradientPair>
        let finder: SplitFinder
        let isUsed: [Bool]
    }

    private mutating func histogram() -> Histogram { spare.popLast() ?? Histogram(layout) }

    private mutating func root(_ growth: Growth) -> GrowingLeaf {
        let count = growth.partition.count
        let histogram = histogram()
        let rows = growth.isWhole ? nil : growth.partition.start(0..<count)
        workers.perform(matrix.groups.count) { group in
            histogram.fill(matrix, group: group, rows: rows, count: count, pairs: growth.pairs)
        }
        // Every row is in one bin of the first feature.
        var sum = GradientSum.zero
        let first = histogram.feature(0)
        for bin in 0..<matrix.features[0].binCount { sum &+= first[bin] }
        let (gradient, hessian) = growth.finder.units.values(sum)
        var root = GrowingLeaf(
            rows: 0..<count, state: LeafState(sum: sum, rowCount: count), depth: 0,
            value: rules.value(gradient, hessian, l2: rules.lambdaL2), histogram: histogram,
            best: .none, parent: -1, isLeft: false)
        guard count / 2 >= rules.minDataInLeaf else { return root }
        workers.perform(matrix.groups.count) { group in
            for feature in matrix.groups[group].features {
                candidates[feature] = candidate(root.state, feature, histogram, growth)
            }
        }
        root.best = best(from: 0)
        return root
    }

    private func candidate(
        _ leaf: LeafState, _ feature: Int, _ histogram: Histogram, _ growth: Growth
    ) -> SplitCandidate {
        guard growth.isUsed[feature] else { return .none }
        return growth.finder.best(
            leaf, feature, matrix.features[feature], histogram.feature(feature))
    }

    /// The best of all features' candidates from a place on, the first of equals.
    private func best(from start: Int) -> SplitCandidate {
        var best = SplitCandidate.none
        for feature in matrix.features.indices where candidates[start + feature].gain > best.gain {
            best = candidates[start + feature]
        }
        return best
    }

    private func split(
        _ leaf: GrowingLeaf, _ growth: Growth, _ tree: inout GrownTree
    ) -> (GrowingLeaf, GrowingLeaf) {
        let candidate = leaf.best
        let bins = matrix.features[candidate.feature]
        var leftBins = candidate.leftBins
        if candidate.thresholdBin >= 0 {
            leftBins = .upTo(candidate.thresholdBin)
            if let missing = bins.missingBin, candidate.missingGoesLeft { leftBins.insert(missing) }
        }
        let middle = growth.partition.split(
            leaf.rows, column: matrix.column(candidate.feature), leftBins: leftBins,
            workers: workers)
        let leftRows = leaf.rows.lowerBound..<middle
        let rightRows = middle..<leaf.rows.upperBound
        // What no row missed in training goes with the larger part of the rows.
        let missingGoesLeft =
            bins.missingBin.map { leftBins.contains($0) } ?? (leftRows.count >= rightRows.count)
        let index = tree.splits.count
        if leaf.parent >= 0 {
            if leaf.isLeft {
                tree.splits[leaf.parent].left = index
            } else {
                tree.splits[leaf.parent].right = index
            }
        }
        tree.splits.append(
            GrownTree.Split(
                feature: candidate.feature, thresholdBin: candidate.thresholdBin,
                leftBins: leftBins, missingGoesLeft: missingGoesLeft, left: 0, right: 0,
                gain: candidate.gain, rowCount: leaf.rows.count))
        var left = GrowingLeaf(
            rows: leftRows, state: leaf.state, depth: leaf.depth + 1, value: candidate.leftValue,
            histogram: leaf.histogram, best: .none, parent: index, isLeft: true)
        left.state.sum = candidate.leftSum
        left.state.rowCount = leftRows.count
        var right = left
        right.rows = rightRows
        right.value = candidate.rightValue
        right.histogram = nil
        right.isLeft = false
        right.state.sum = leaf.state.sum &- candidate.leftSum
        right.state.rowCount = rightRows.count
        let direction = monotone[candidate.feature]
        let middleValue = (left.value + right.value) / 2
        if direction > 0 {
            (left.state.most, right.state.least) = (middleValue, middleValue)
        } else if direction < 0 {
            (left.state.least, right.state.most) = (middleValue, middleValue)
        }
        return (left, right)
    }

    /// Finds the best splits of two new siblings, of which the left one holds the parent's
    /// histogram.
    private mutating func search(
        _ leaves: inout [GrowingLeaf], _ left: Int, _ right: Int, _ growth: Growth
    ) {
        guard let parent = leaves[left].histogram else { return }
        let isSplittable = [left, right].contains { index in
            leaves[index].rows.count / 2 >= rules.minDataInLeaf
                && (rules.maxDepth <= 0 || leaves[index].depth < rules.maxDepth)
        }
        guard isSplittable else {
            spare.append(parent)
            leaves[left].histogram = nil
            return
        }
        let isLeftSmaller = leaves[left].rows.count <= leaves[right].rows.count
        let (smaller, larger) = isLeftSmaller ? (left, right) : (right, left)
        let summed = histogram()
        let rows = leaves[smaller].rows
        let start = growth.partition.start(rows)
        let states = (leaves[smaller].state, leaves[larger].state)
        let count = matrix.features.count
        workers.perform(matrix.groups.count) { group in
            let features = matrix.groups[group].features
            summed.fill(matrix, group: group, rows: start, count: rows.count, pairs: growth.pairs)
            parent.subtract(summed, features: features)
            for feature in features {
                candidates[feature] = candidate(states.0, feature, summed, growth)
                candidates[count + feature] = candidate(states.1, feature, parent, growth)
            }
        }
        leaves[smaller].histogram = summed
        leaves[larger].histogram = parent
        leaves[smaller].best = best(from: 0)
        leaves[larger].best = best(from: count)
    }
}
