// SPDX-License-Identifier: Apache-2.0
import Glibc
import Models

/// Grows one tree of an isolation forest; a leaf's value is the path's length.
struct IsolationTreeGrower {
    private struct Node {
        let rows: [Int]
        let depth: Int
        let parent: Int
        let isLeft: Bool
    }

    private let data: Dataset
    private let sampleCount: Int
    private let depthMax: Int
    private var generator: SplitMix64
    private var splits: [DecisionTree.Split] = []
    private var words: [UInt32] = []
    private var leafValues: [Double] = []
    private var leafCovers: [Double] = []

    init(_ data: Dataset, sampleCount: Int, seed: UInt64) {
        self.data = data
        self.sampleCount = sampleCount
        depthMax = Int(log2(Double(sampleCount)).rounded(.up))
        generator = SplitMix64(seed: seed)
    }

    /// The mean number of comparisons of an unsuccessful search in a binary tree of `count` rows:
    /// `2 H(count - 1) - 2 (count - 1) / count`.
    static func meanPathLength(_ count: Int) -> Double {
        if count <= 1 { return 0 }
        if count == 2 { return 1 }
        let eulerGamma = 0.577_215_664_901_532_9
        let rest = Double(count - 1)
        return 2 * (log(rest) + eulerGamma) - 2 * rest / Double(count)
    }

    mutating func grow() -> DecisionTree? {
        var open = [Node(rows: sample(), depth: 0, parent: -1, isLeft: false)]
        while let node = open.popLast() {
            guard node.rows.count > 1, node.depth < depthMax,
                let (left, right) = split(node)
            else {
                link(node, ~leafValues.count)
                leafValues.append(Double(node.depth) + Self.meanPathLength(node.rows.count))
                leafCovers.append(Double(node.rows.count))
                continue
            }
            open.append(right)
            open.append(left)
        }
        return DecisionTree(
            splits: splits, categoryWords: words, leafValues: leafValues, leafCovers: leafCovers,
            firstMargin: 0)
    }

    /// Different rows, by the first draws of a shuffle.
    private mutating func sample() -> [Int] {
        var moved: [Int: Int] = [:]
        return (0..<sampleCount).map { place in
            let other = place + generator.index(below: data.count - place)
            let drawn = moved[other] ?? other
            moved[other] = moved[place] ?? place
            return drawn
        }
    }

    private func value(_ row: Int, _ feature: Int) -> Double {
        data.rows[row * data.schema.count + feature]
    }

    /// By the first of randomly drawn features whose values differ.
    private mutating func split(_ node: Node) -> (Node, Node)? {
        var features = Array(0..<data.schema.count)
        for drawn in features.indices {
            features.swapAt(drawn, drawn + generator.index(below: features.count - drawn))
            let feature = features[drawn]
            var (least, most) = (Double.infinity, -Double.infinity)
            for row in node.rows {
                let value = value(row, feature)
                if value.isNaN { continue }
                (least, most) = (min(least, value), max(most, value))
            }
            guard least < most else { continue }
            return split(node, feature, least, most)
        }
        return nil
    }

    private mutating func split(
        _ node: Node, _ feature: Int, _ least: Double, _ most: Double
    ) -> (Node, Node) {
        let missingGoesLeft = generator.index(below: 2) == 0
        let rule: DecisionTree.Rule
        let goesLeft: (Double) -> Bool
        if data.schema.features[feature].kind == .number {
            var threshold = least + generator.unit() * (most - least)
            if !(threshold < most) { threshold = least }
            rule = .threshold(threshold)
            goesLeft = { $0.isNaN ? missingGoesLeft : $0 <= threshold }
        } else {
            let codes = Set(node.rows.map { value($0, feature) }.filter { !$0.isNaN }).sorted()
            let code = codes[generator.index(below: codes.count)]
            let start = words.count
            words += [UInt32](repeating: 0, count: Int(code) / 32)
            words.append(1 << UInt32(Int(code) % 32))
            rule = .categories(start..<words.count)
            goesLeft = { $0.isNaN ? missingGoesLeft : $0 == code }
        }
        let index = splits.count
        link(node, index)
        splits.append(
            DecisionTree.Split(
                feature: feature, rule: rule, missing: .nan, defaultsLeft: missingGoesLeft,
                left: 0, right: 0, cover: Double(node.rows.count)))
        let left = node.rows.filter { goesLeft(value($0, feature)) }
        let right = node.rows.filter { !goesLeft(value($0, feature)) }
        return (
            Node(rows: left, depth: node.depth + 1, parent: index, isLeft: true),
            Node(rows: right, depth: node.depth + 1, parent: index, isLeft: false)
        )
    }

    private mutating func link(_ node: Node, _ index: Int) {
        guard node.parent >= 0 else { return }
        splits[node.parent] = splits[node.parent].linked(to: index, isLeft: node.isLeft)
    }
}

extension DecisionTree.Split {
    /// The split with one of its children in place.
    func linked(to child: Int, isLeft: Bool) -> DecisionTree.Split {
        DecisionTree.Split(
            feature: feature, rule: rule, missing: missing, defaultsLeft: defaultsLeft,
            left: isLeft ? child : left, right: isLeft ? right : child, cover: cover)
    }
}
