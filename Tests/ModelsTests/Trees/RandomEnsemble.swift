// SPDX-License-Identifier: Apache-2.0
@testable import Models

/// Ensembles and rows by chance, from a seed, with all that may go wrong in them: thresholds that
/// are not finite or not numbers, zeros of both signs, all missing types, categories, wide leaves.
struct RandomEnsemble {
    struct Shape: CustomStringConvertible, Sendable {
        var seed: UInt64
        var trees = 12
        var leaves = 1...31
        var features = 6
        var precision = Precision.float64
        var margins = 1
        var categoryShare = 0.2
        /// Chains rather than bushes.
        var isDeep = false

        var description: String {
            "\(seed): \(trees) trees, \(leaves) leaves, \(features) features, \(precision), "
                + "\(margins) margins\(isDeep ? ", deep" : "")"
        }
    }

    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        /// SplitMix64.
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
            return word ^ word >> 31
        }
    }

    let shape: Shape
    private var generator: Generator
    private var thresholds: [Double] = []

    init(_ shape: Shape) {
        self.shape = shape
        generator = Generator(state: shape.seed)
    }

    mutating func model(divisor: Double = 1, scale: Double = 1) -> TreesModel? {
        var trees: [DecisionTree] = []
        for _ in 0..<shape.trees {
            guard let tree = tree() else { return nil }
            trees.append(tree)
        }
        let numbers = (0..<shape.margins).map { _ in number() }
        guard
            let aggregation = TreeAggregation(
                precision: shape.precision, start: numbers, divisor: divisor, scale: scale,
                bias: scale == 1 ? nil : numbers)
        else { return nil }
        return TreesModel(
            featureCount: shape.features, trees: trees, aggregation: aggregation)
    }

    /// Rows on thresholds, beside them, and far from them.
    mutating func rows(_ count: Int) -> [Double] {
        (0..<count * shape.features).map { _ in
            let value = thresholds.randomElement(using: &generator) ?? 0
            switch Int.random(in: 0..<12, using: &generator) {
            case 0: return .nan
            case 1: return -.nan
            case 2: return [.infinity, -.infinity, 0, -0.0].randomElement(using: &generator) ?? 0
            case 3, 4: return rounded(value).nextUp
            case 5, 6: return rounded(value).nextDown
            case 7: return Double(Float(value).nextUp)
            case 8: return Double.random(in: -40...80, using: &generator)
            case 9: return 1e-35 * Double.random(in: -2...2, using: &generator)
            default: return value
            }
        }
    }

    private func rounded(_ value: Double) -> Double {
        shape.precision == .float32 ? Double(Float(value)) : value
    }

    private mutating func number() -> Double {
        rounded(Double.random(in: -1...1, using: &generator))
    }

    private mutating func threshold() -> Double {
        let special = [
            0, -0.0, .infinity, -.infinity, .nan, 1e-36, -1e-36, DecisionTree.zeroBound,
            .leastNonzeroMagnitude, .greatestFiniteMagnitude,
        ]
        let value =
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: special.randomElement(using: &generator) ?? 0
            case 1...4: (Double.random(in: -3...3, using: &generator) * 4).rounded() / 4
            default: Double.random(in: -3...3, using: &generator)
            }
        thresholds.append(rounded(value))
        return rounded(value)
    }

    /// Grown leaf by leaf.
    private mutating func tree() -> DecisionTree? {
        let leafCount = Int.random(in: shape.leaves, using: &generator)
        var words: [UInt32] = []
        var splits: [DecisionTree.Split] = []
        /// Where each leaf hangs: a split and a side.
        var leaves: [(split: Int, isLeft: Bool)] = []
        var children: [(left: Int, right: Int)] = []
        for index in 0..<leafCount - 1 {
            if !leaves.isEmpty {
                let place =
                    shape.isDeep
                    ? leaves.count - 1 : leaves.indices.randomElement(using: &generator) ?? 0
                let leaf = leaves.remove(at: place)
                if leaf.isLeft {
                    children[leaf.split].left = index
                } else {
                    children[leaf.split].right = index
                }
            }
            children.append((0, 0))
            leaves += [(index, true), (index, false)].shuffled(using: &generator)
            var rule = DecisionTree.Rule.threshold(threshold())
            if Double.random(in: 0..<1, using: &generator) < shape.categoryShare {
                let count = Int.random(in: 0...2, using: &generator)
                rule = .categories(words.count..<words.count + count)
                words += (0..<count).map { _ in .random(in: 0 ... .max, using: &generator) }
            }
            splits.append(
                .init(
                    feature: .random(in: 0..<shape.features, using: &generator), rule: rule,
                    missing: [.none, .zero, .nan].randomElement(using: &generator) ?? .nan,
                    defaultsLeft: .random(using: &generator), left: 0, right: 0, cover: 0))
        }
        for (number, leaf) in leaves.enumerated() {
            if leaf.isLeft {
                children[leaf.split].left = ~number
            } else {
                children[leaf.split].right = ~number
            }
        }
        let width = shape.margins == 1 ? 1 : .random(in: 1...shape.margins, using: &generator)
        let covers = (0..<leafCount).map { _ in
            Double(Int.random(in: 1...50, using: &generator))
        }
        return DecisionTree(
            splits: covered(splits, children, covers), categoryWords: words,
            leafValues: (0..<leafCount * width).map { _ in number() }, leafCovers: covers,
            firstMargin: .random(in: 0...shape.margins - width, using: &generator))
    }

    private func covered(
        _ splits: [DecisionTree.Split], _ children: [(left: Int, right: Int)], _ leaves: [Double]
    ) -> [DecisionTree.Split] {
        var covers = [Double](repeating: 0, count: splits.count)
        for index in splits.indices.reversed() {
            covers[index] = [children[index].left, children[index].right]
                .map { $0 < 0 ? leaves[~$0] : covers[$0] }.reduce(0, +)
        }
        return splits.indices.map {
            .init(
                feature: splits[$0].feature, rule: splits[$0].rule, missing: splits[$0].missing,
                defaultsLeft: splits[$0].defaultsLeft, left: children[$0].left,
                right: children[$0].right, cover: covers[$0])
        }
    }
}
