// SPDX-License-Identifier: Apache-2.0
import Models

/// The parallel lists that a tree ensemble of versions 1 and 3 is written as, made into trees.
struct ONNXEnsemble {
    private struct Weight {
        let id: Int
        let value: Double
    }

    private struct Entry {
        let feature: Int
        let mode: String
        let value: Double
        let truth: Int
        let falsity: Int
        let missingIsTrue: Bool
    }

    /// A node's own number within its tree's.
    private struct Key: Hashable {
        let tree: Int
        let node: Int
    }

    /// How many values may be made of a weight or node that the file has.
    private static let placesMax = 64

    let precision: Precision
    let featureCount: Int
    /// In the order in which each tree's first node comes.
    private var roots: [Key] = []
    private var entries: [Key: Entry] = [:]
    private var weights: [Key: [Weight]] = [:]
    private(set) var weightIDs: Set<Int> = []
    private(set) var hasNegativeWeight = false
    private var weightCount = 0
    let baseValues: [Double]
    private let node: ONNXNodeReader

    /// - Parameter prefix: of the leaves' lists: `class` or `target`.
    init(
        _ node: inout ONNXNodeReader, prefix: String, precision: Precision,
        featureCount: Int
    ) throws(ImportError) {
        node.ignore("nodes_hitrates", "nodes_hitrates_as_tensor")
        let trees = try node.integers("nodes_treeids") ?? []
        let ids = try node.integers("nodes_nodeids") ?? []
        let features = try node.integers("nodes_featureids") ?? []
        let modes = try node.strings("nodes_modes") ?? []
        let values = try Self.numbers("nodes_values", &node) ?? []
        let truths = try node.integers("nodes_truenodeids") ?? []
        let falsities = try node.integers("nodes_falsenodeids") ?? []
        let missing =
            try node.integers("nodes_missing_value_tracks_true")
            ?? [Int](repeating: 0, count: trees.count)
        let leafTrees = try node.integers("\(prefix)_treeids") ?? []
        let leafNodes = try node.integers("\(prefix)_nodeids") ?? []
        let leafIDs = try node.integers("\(prefix)_ids") ?? []
        let leafWeights = try Self.numbers("\(prefix)_weights", &node) ?? []
        baseValues = try Self.numbers("base_values", &node) ?? []
        self.node = node
        self.precision = precision
        self.featureCount = featureCount
        guard !trees.isEmpty,
            [ids, features, truths, falsities, missing].allSatisfy({ $0.count == trees.count }),
            modes.count == trees.count, values.count == trees.count,
            [leafNodes, leafIDs].allSatisfy({ $0.count == leafTrees.count }),
            leafWeights.count == leafTrees.count
        else { throw node.malformed("lists of different lengths, or no trees") }
        entries.reserveCapacity(trees.count)
        var seen: Set<Int> = []
        for index in trees.indices {
            let key = Key(tree: trees[index], node: ids[index])
            let entry = Entry(
                feature: features[index], mode: modes[index], value: values[index],
                truth: truths[index], falsity: falsities[index], missingIsTrue: missing[index] != 0)
            guard entries.updateValue(entry, forKey: key) == nil else {
                throw node.malformed("node \(key.node) of tree \(key.tree) occurs twice")
            }
            if seen.insert(key.tree).inserted { roots.append(key) }
        }
        for index in leafTrees.indices {
            let key = Key(tree: leafTrees[index], node: leafNodes[index])
            guard entries[key]?.mode == "LEAF", leafIDs[index] >= 0 else {
                throw node.malformed("a weight of what is no leaf")
            }
            weights[key, default: []].append(
                Weight(id: leafIDs[index], value: leafWeights[index]))
            weightIDs.insert(leafIDs[index])
            weightCount += 1
            if leafWeights[index] < 0 { hasNegativeWeight = true }
        }
    }

    private static func numbers(
        _ name: String, _ node: inout ONNXNodeReader
    ) throws(ImportError) -> [Double]? {
        if let floats = try node.floats(name) { return floats }
        return try node.tensor("\(name)_as_tensor")?.contents().values
    }

    var treeCount: Int { roots.count }

    /// The trees; margins are the weights' ids.
    ///
    /// - Parameter marginCount: how many ids there may be. One takes all weights for its own.
    func trees(marginCount: Int) throws(ImportError) -> [DecisionTree] {
        var trees: [DecisionTree] = []
        var valueCount = 0
        for root in roots {
            trees.append(try tree(root, marginCount))
            // Leaves have a place for each id between their tree's least and largest.
            valueCount += trees[trees.count - 1].leafValues.count
            guard valueCount / Self.placesMax <= weightCount + entries.count else {
                throw node.unsupported("leaves with so few weights of so many")
            }
        }
        return trees
    }

    private func tree(_ root: Key, _ marginCount: Int) throws(ImportError) -> DecisionTree {
        var splits: [DecisionTree.Split] = []
        var leaves: [[Weight]] = []
        /// Where what is to be placed hangs: a split and its side.
        var pending: [(key: Key, parent: Int, isLeft: Bool)] = [(root, -1, false)]
        var sides: [(left: Int, right: Int)] = []
        var visited: Set<Key> = []
        while let (key, parent, isLeft) = pending.popLast() {
            guard let entry = entries[key], visited.insert(key).inserted else {
                throw node.malformed("tree \(root.tree) is no tree")
            }
            var place = splits.count
            if entry.mode == "LEAF" {
                place = ~leaves.count
                leaves.append(weights[key] ?? [])
            } else {
                let (split, truthIsLeft) = try split(entry)
                splits.append(split)
                sides.append((0, 0))
                let truth = Key(tree: key.tree, node: entry.truth)
                let falsity = Key(tree: key.tree, node: entry.falsity)
                pending.append((falsity, place, !truthIsLeft))
                pending.append((truth, place, truthIsLeft))
            }
            guard parent >= 0 else { continue }
            if isLeft { sides[parent].left = place } else { sides[parent].right = place }
        }
        return try finished(splits, sides, leaves, marginCount, root)
    }

    private func finished(
        _ splits: [DecisionTree.Split], _ sides: [(left: Int, right: Int)], _ leaves: [[Weight]],
        _ marginCount: Int, _ root: Key
    ) throws(ImportError) -> DecisionTree {
        let ids = marginCount == 1 ? [0] : leaves.flatMap { $0.map(\.id) }
        let first = ids.min() ?? 0
        let last = ids.max() ?? 0
        guard last < marginCount else { throw node.malformed("a weight of id \(last)") }
        let width = last - first + 1
        let (count, overflow) = width.multipliedReportingOverflow(by: leaves.count)
        guard !overflow, count <= GraphTensor.countMax else {
            throw node.unsupported("tree \(root.tree), which is too large,")
        }
        var values = [Double](repeating: 0, count: count)
        for (leaf, weights) in leaves.enumerated() {
            for weight in weights {
                let place = leaf * width + (marginCount == 1 ? 0 : weight.id - first)
                values[place] =
                    precision == .float32
                    ? Double(Float(values[place] + weight.value)) : values[place] + weight.value
            }
        }
        let placed = zip(splits, sides).map { split, side in
            DecisionTree.Split(
                feature: split.feature, rule: split.rule, missing: split.missing,
                defaultsLeft: split.defaultsLeft, left: side.left, right: side.right, cover: 0)
        }
        guard
            let tree = DecisionTree(
                splits: placed, categoryWords: [], leafValues: values,
                leafCovers: [Double](repeating: 0, count: leaves.count), firstMargin: first)
        else { throw node.malformed("tree \(root.tree) is no tree, or a weight is not finite") }
        return tree
    }

    /// "At most" goes left. What compares otherwise has its children swapped, or the next number
    /// below as its threshold.
    private func split(
        _ entry: Entry
    ) throws(ImportError) -> (split: DecisionTree.Split, truthIsLeft: Bool) {
        let truthIsLeft: Bool
        let isStrict: Bool
        switch entry.mode {
        case "BRANCH_LEQ": (truthIsLeft, isStrict) = (true, false)
        case "BRANCH_LT": (truthIsLeft, isStrict) = (true, true)
        case "BRANCH_GT": (truthIsLeft, isStrict) = (false, false)
        case "BRANCH_GTE": (truthIsLeft, isStrict) = (false, true)
        case let mode: throw node.unsupported("mode \(mode)")
        }
        guard entry.feature >= 0, entry.feature < featureCount else {
            throw node.malformed("feature \(entry.feature) is not there")
        }
        // To a threshold that is NaN every comparison is false.
        guard !entry.value.isNaN || truthIsLeft else {
            throw node.unsupported("a threshold of NaN")
        }
        var threshold = entry.value
        if isStrict, threshold == -.infinity {
            threshold = .nan
        } else if isStrict {
            threshold =
                precision == .float32 ? Double(Float(threshold).nextDown) : threshold.nextDown
        }
        let split = DecisionTree.Split(
            feature: entry.feature, rule: .threshold(threshold), missing: .nan,
            defaultsLeft: entry.missingIsTrue == truthIsLeft, left: 0, right: 0, cover: 0)
        return (split, truthIsLeft)
    }
}
