// SPDX-License-Identifier: Apache-2.0
import Models

/// One block of a LightGBM file as a tree.
///
/// Inner nodes and leaves are numbered apart; a child below 0 is the complement of a leaf's number.
/// `decision_type` holds a bit for categories, one for the default, and two for what is missing.
struct LightGBMTree {
    private let block: LightGBMBlock
    private let schema: FeatureSchema
    private let leafCount: Int
    private let features: [Int]
    private let thresholds: [Double]
    private let decisions: [Int]
    private let left: [Int]
    private let right: [Int]
    private let leafValues: [Double]
    private let leafCovers: [Double]
    private let covers: [Double]
    /// Set `i` is `categoryWords[categoryStarts[i]..<categoryStarts[i + 1]]`.
    private let categoryStarts: [Int]
    private let categoryWords: [Int]

    init(_ block: LightGBMBlock, _ schema: FeatureSchema) throws(ImportError) {
        self.block = block
        self.schema = schema
        guard try block.integer("is_linear", in: 0...1, default: 0) == 0 else {
            throw .unsupported("linear leaves in \(block.name)")
        }
        leafCount = try block.integer("num_leaves", in: 1...0x3FFF_FFFF)
        leafValues = try block.doubles("leaf_value", count: leafCount)
        leafCovers = try Self.covers(block, "leaf_count", leafCount)
        let splitCount = leafCount - 1
        guard splitCount > 0 else {
            // A single leaf has no more lines than these, or empty ones.
            (features, decisions, left, right) = ([], [], [], [])
            (thresholds, covers, categoryStarts, categoryWords) = ([], [], [0], [])
            return
        }
        features = try block.integers("split_feature", in: 0...schema.count - 1, count: splitCount)
        thresholds = try block.doubles("threshold", count: splitCount, mayBeInfinite: true)
        decisions = try block.integers("decision_type", in: 0...11, count: splitCount)
        let children = -leafCount...splitCount - 1
        left = try block.integers("left_child", in: children, count: splitCount)
        right = try block.integers("right_child", in: children, count: splitCount)
        covers = try Self.covers(block, "internal_count", splitCount)
        let setCount = try block.integer("num_cat", in: 0...splitCount, default: 0)
        if setCount > 0 {
            categoryWords = try block.integers("cat_threshold", in: 0...0xFFFF_FFFF)
            categoryStarts = try block.integers(
                "cat_boundaries", in: 0...categoryWords.count, count: setCount + 1)
        } else {
            (categoryWords, categoryStarts) = ([], [0])
        }
    }

    func tree(firstMargin: Int) throws(ImportError) -> DecisionTree {
        let splitCount = leafCount - 1
        var builder = TreeBuilder(name: block.name, nodeCount: splitCount + leafCount)
        // The leaves' numbers follow those of the splits.
        return try builder.tree(firstMargin: firstMargin, leavesNoneOut: true) {
            (node, builder) throws(ImportError) in
            if node >= splitCount {
                builder.append(leafValue: leafValues[node - splitCount])
                return .leaf(cover: leafCovers[node - splitCount])
            }
            return .split(
                feature: features[node], rule: try rule(node, &builder), missing: missing(node),
                defaultsLeft: defaultsLeft(node), left: number(left[node]),
                right: number(right[node]), cover: covers[node])
        }
    }

    private func number(_ child: Int) -> Int { child >= 0 ? child : leafCount - 1 + ~child }

    private func isCategorical(_ node: Int) -> Bool { decisions[node] & 1 == 1 }

    private func defaultsLeft(_ node: Int) -> Bool {
        // A category that is missing goes right, whatever the bit says.
        !isCategorical(node) && decisions[node] & 2 == 2
    }

    private func missing(_ node: Int) -> DecisionTree.Missing {
        if isCategorical(node) { return .nan }
        // At most 2, as decisions are at most 11.
        return DecisionTree.Missing(rawValue: UInt8(decisions[node] >> 2)) ?? .nan
    }

    private func rule(
        _ node: Int, _ builder: inout TreeBuilder
    ) throws(ImportError) -> DecisionTree.Rule {
        let feature = schema.features[features[node]]
        guard isCategorical(node) else {
            guard feature.kind == .number else {
                throw .unsupported("a threshold for category '\(feature.name)' in \(block.name)")
            }
            return .threshold(Self.beyondZero(thresholds[node]))
        }
        guard let set = Int(exactly: thresholds[node]), set >= 0, set + 1 < categoryStarts.count,
            categoryStarts[set] <= categoryStarts[set + 1]
        else { throw block.malformed("threshold", "number \(node + 1) is no set of categories") }
        let words = categoryWords[categoryStarts[set]..<categoryStarts[set + 1]]
        return builder.rule(words: words.map { UInt32(truncatingIfNeeded: $0) })
    }

    /// The library reads values as near to zero as this as zero, before it compares them.
    private static let zeroBound = Double(Float(1e-35))

    /// A threshold that makes of such values what the given one makes of zero.
    private static func beyondZero(_ threshold: Double) -> Double {
        guard threshold.magnitude <= zeroBound else { return threshold }
        return threshold < 0 ? (-zeroBound).nextDown : zeroBound
    }

    /// How many training rows came by; zeros where the file does not tell.
    private static func covers(
        _ block: LightGBMBlock, _ key: String, _ count: Int
    ) throws(ImportError) -> [Double] {
        guard block.contains(key) else { return [Double](repeating: 0, count: count) }
        return try block.doubles(key, count: count)
    }
}
