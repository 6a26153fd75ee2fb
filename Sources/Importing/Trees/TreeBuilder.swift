// SPDX-License-Identifier: Apache-2.0
import Models

/// A node of a foreign tree in our terms; children are numbers of foreign nodes.
enum ForeignNode {
    /// Its values have been appended to the builder's.
    case leaf(cover: Double)
    case split(
        feature: Int, rule: DecisionTree.Rule, missing: DecisionTree.Missing, defaultsLeft: Bool,
        left: Int, right: Int, cover: Double)
}

/// Puts a foreign tree's nodes into the canonical order, level by level from the root.
///
/// Each node is read once, when its parent names it; a node that two name, or a ring, is an error.
/// Nodes that nothing names (XGBoost's deleted ones) are left out.
struct TreeBuilder {
    /// 64 MB for all trees of a model.
    static let modelWordCountMax = 1 << 24

    /// Such as `tree 3`, for what is said of it.
    let name: String
    let nodeCount: Int
    /// How many words of categories may be made: far codes take room that no byte of a file stands
    /// for.
    let wordCountMax: Int
    private(set) var leafValues: [Double] = []
    private(set) var categoryWords: [UInt32] = []
    private var leafCovers: [Double] = []
    private var found: [ForeignNode] = []
    private var isFound: [Bool]

    init(name: String, nodeCount: Int, wordCountMax: Int = .max) {
        self.name = name
        self.nodeCount = nodeCount
        self.wordCountMax = wordCountMax
        isFound = [Bool](repeating: false, count: nodeCount)
    }

    mutating func append(leafValue: Double) { leafValues.append(leafValue) }

    /// Appends words for these codes; returns their rule.
    ///
    /// - Parameter codes: not negative.
    /// - Throws: `unsupported` for more words than there may be.
    mutating func rule(
        listing codes: some Collection<Int>
    ) throws(ImportError) -> DecisionTree.Rule {
        let start = categoryWords.count
        let wordCount = codes.max().map { $0 / 32 + 1 } ?? 0
        guard wordCount <= wordCountMax - start else {
            throw .unsupported("sets of categories of more than 64 MB, reached in \(name)")
        }
        categoryWords += [UInt32](repeating: 0, count: wordCount)
        for code in codes { categoryWords[start + code / 32] |= 1 << UInt32(code % 32) }
        return .categories(start..<categoryWords.count)
    }

    mutating func rule(words: some Collection<UInt32>) -> DecisionTree.Rule {
        let start = categoryWords.count
        categoryWords += words
        return .categories(start..<categoryWords.count)
    }

    /// The tree whose root is node 0.
    ///
    /// - Parameters:
    ///   - leavesNoneOut: whether a node that nothing names is an error.
    ///   - read: tells what a node is; for a leaf it appends the values to the builder.
    mutating func tree(
        firstMargin: Int, leavesNoneOut: Bool = false,
        _ read: (Int, inout TreeBuilder) throws(ImportError) -> ForeignNode
    ) throws(ImportError) -> DecisionTree {
        _ = try place(0, read)
        var splits: [DecisionTree.Split] = []
        // A split's number is its place among those found; its children come behind it.
        while splits.count < found.count {
            guard
                case .split(
                    let feature, let rule, let missing, let defaultsLeft, let left, let right,
                    let cover) = found[splits.count]
            else { break }
            splits.append(
                DecisionTree.Split(
                    feature: feature, rule: rule, missing: missing, defaultsLeft: defaultsLeft,
                    left: try place(left, read), right: try place(right, read), cover: cover))
        }
        if leavesNoneOut, let number = isFound.firstIndex(of: false) {
            throw .malformed(field: name, reason: "node \(number) has no parent")
        }
        guard
            let tree = DecisionTree(
                splits: splits, categoryWords: categoryWords, leafValues: leafValues,
                leafCovers: leafCovers, firstMargin: firstMargin)
        else {
            throw .malformed(
                field: name, reason: "a leaf that is not finite, or a negative or infinite weight")
        }
        return tree
    }

    /// Reads a node; returns its number as a child.
    private mutating func place(
        _ number: Int, _ read: (Int, inout TreeBuilder) throws(ImportError) -> ForeignNode
    ) throws(ImportError) -> Int {
        guard number >= 0, number < nodeCount else {
            throw .malformed(field: name, reason: "there is no node \(number)")
        }
        guard !isFound[number] else {
            throw .malformed(field: name, reason: "node \(number) has two parents")
        }
        isFound[number] = true
        let node = try read(number, &self)
        if case .leaf(let cover) = node {
            leafCovers.append(cover)
            return ~(leafCovers.count - 1)
        }
        found.append(node)
        return found.count - 1
    }
}
