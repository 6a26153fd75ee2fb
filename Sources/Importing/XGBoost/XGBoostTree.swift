// SPDX-License-Identifier: Apache-2.0
import Models

/// A tree of an XGBoost file: lists with an entry for each node, of which node 0 is the root.
///
/// A value below the condition goes left, a listed category right, a missing value to the node's
/// default. Nodes without children are leaves, and their condition is their value.
struct XGBoostTree {
    private let name: String
    private let schema: FeatureSchema
    /// A dart booster's; 1 otherwise.
    private let weight: Float
    private let left: [Int]
    private let right: [Int]
    private let features: [Int]
    private let conditions: [Double]
    private let defaultsLeft: [Double]
    private let covers: [Double]
    private let isCategorical: [Double]
    /// By node, where it is categorical.
    private let categories: [Int: [Int]]

    init(
        _ field: DocumentField, name: String, schema: FeatureSchema, weight: Float
    ) throws(ImportError) {
        self.name = name
        self.schema = schema
        self.weight = weight
        let parameters = try field.member("tree_param")
        if let size = try parameters.optional("size_leaf_vector") {
            guard try size.integer(in: 0...1 << 30) <= 1 else {
                throw .unsupported("vector leaves in \(name)")
            }
        }
        let count = try parameters.member("num_nodes").integer(in: 1...0x7FFF_FFFF)
        left = try field.member("left_children").integers(in: -1...count - 1, count: count)
        right = try field.member("right_children").integers(in: -1...count - 1, count: count)
        // Deleted nodes have the largest unsigned number here; nothing leads to them.
        features = try field.member("split_indices").integers(in: -1...0xFFFF_FFFF, count: count)
        conditions = try field.member("split_conditions").floats(count: count)
        defaultsLeft = try field.member("default_left").numbers(count: count)
        covers = try field.member("sum_hessian").floats(count: count)
        isCategorical =
            try field.optional("split_type")?.numbers(count: count)
            ?? [Double](repeating: 0, count: count)
        categories = try Self.categories(field, nodeCount: count)
    }

    func tree(firstMargin: Int, wordCountMax: Int) throws(ImportError) -> DecisionTree {
        var builder = TreeBuilder(
            name: name, nodeCount: left.count, wordCountMax: wordCountMax)
        return try builder.tree(firstMargin: firstMargin) {
            (node, builder) throws(ImportError) in
            guard left[node] >= 0 else {
                builder.append(leafValue: Double(Float(conditions[node]) * weight))
                return .leaf(cover: covers[node])
            }
            guard features[node] >= 0, features[node] < schema.count else {
                throw .malformed(field: name, reason: "node \(node): no such feature")
            }
            // Listed categories go left with us.
            let isSwapped = isCategorical[node] != 0
            return .split(
                feature: features[node], rule: try rule(node, &builder), missing: .nan,
                defaultsLeft: (defaultsLeft[node] != 0) != isSwapped,
                left: isSwapped ? right[node] : left[node],
                right: isSwapped ? left[node] : right[node], cover: covers[node])
        }
    }

    private func rule(
        _ node: Int, _ builder: inout TreeBuilder
    ) throws(ImportError) -> DecisionTree.Rule {
        if isCategorical[node] != 0 {
            guard let codes = categories[node] else {
                throw .malformed(field: name, reason: "node \(node): no list of categories")
            }
            return try builder.rule(listing: codes)
        }
        let feature = schema.features[features[node]]
        guard feature.kind == .number else {
            throw .unsupported("a condition on category '\(feature.name)' in \(name)")
        }
        let condition = Float(conditions[node])
        guard !condition.isNaN else {
            throw .malformed(field: name, reason: "node \(node): a condition that is no number")
        }
        return .threshold(Double(condition.nextDown))
    }

    /// Node `categories_nodes[i]` has `categories_sizes[i]` codes from `categories_segments[i]` on.
    private static func categories(
        _ field: DocumentField, nodeCount: Int
    ) throws(ImportError) -> [Int: [Int]] {
        guard let nodes = try field.optional("categories_nodes")?.integers(in: 0...nodeCount - 1),
            !nodes.isEmpty
        else { return [:] }
        let codes = try field.member("categories").integers(in: 0...1 << 24)
        let starts = try field.member("categories_segments")
            .integers(in: 0...codes.count, count: nodes.count)
        let sizes = try field.member("categories_sizes")
            .integers(in: 0...codes.count, count: nodes.count)
        var categories: [Int: [Int]] = [:]
        var end = 0
        for (index, node) in nodes.enumerated() {
            // One behind the other: else a short list could be given out again and again.
            guard starts[index] >= end, sizes[index] <= codes.count - starts[index] else {
                throw field.malformed("segments of categories that overlap or have no end")
            }
            end = starts[index] + sizes[index]
            guard categories.updateValue(Array(codes[starts[index]..<end]), forKey: node) == nil
            else { throw field.malformed("node \(node) has two lists of categories") }
        }
        return categories
    }
}
