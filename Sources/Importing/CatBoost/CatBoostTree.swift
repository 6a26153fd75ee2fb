// SPDX-License-Identifier: Apache-2.0
import Models

/// A tree of a CatBoost file. A value above the border, or equal to the category, is a 1.
///
/// In an *oblivious* tree all nodes of a level ask the same: the answers, the first split's the
/// lowest bit, are the leaf's number. The root asks the last split, as CatBoost's own explanations
/// do. Other trees are nested objects where a 1 goes right.
struct CatBoostTree {
    private struct Question {
        let feature: Int
        /// Without a code for a threshold, or for a category that nothing equals.
        let rule: Rule
        let missingGoesRight: Bool

        enum Rule {
            case border(Float)
            case category(code: Int)
        }
    }

    private enum Node {
        case leaf(values: Range<Int>, cover: Double)
        case split(Question, left: Int, right: Int)
    }

    private let name: String
    private var nodes: [Node] = []
    private var values: [Double] = []

    /// - Parameter width: values of each leaf.
    init(
        oblivious field: DocumentField, name: String, features: CatBoostFeatures, width: Int
    ) throws(ImportError) {
        self.name = name
        let splits = try field.optional("splits")?.list() ?? []
        // Each level doubles the leaves, all of which the file holds.
        guard splits.count < 32 else { throw field.malformed("more than 31 splits") }
        var questions: [Question] = []
        for split in splits.reversed() {
            questions.append(try Self.question(split, name, features))
        }
        let leafCount = 1 << questions.count
        values = try field.member("leaf_values").numbers(count: leafCount * width)
        let covers =
            try field.optional("leaf_weights")?.numbers(count: leafCount)
            ?? [Double](repeating: 0, count: leafCount)
        var level = 0
        for number in 0..<leafCount - 1 {
            if number + 1 == 1 << (level + 1) { level += 1 }
            nodes.append(
                .split(questions[level], left: 2 * number + 1, right: 2 * number + 2))
        }
        for leaf in 0..<leafCount {
            nodes.append(.leaf(values: leaf * width..<(leaf + 1) * width, cover: covers[leaf]))
        }
    }

    init(
        nested field: DocumentField, name: String, features: CatBoostFeatures, width: Int
    ) throws(ImportError) {
        self.name = name
        // A node's children get the next two numbers, and wait here until it is their turn.
        var waiting = [field]
        var next = 0
        while next < waiting.count {
            let field = waiting[next]
            next += 1
            if let split = try field.optional("split") {
                nodes.append(
                    .split(
                        try Self.question(split, name, features), left: waiting.count,
                        right: waiting.count + 1))
                waiting += [try field.member("left"), try field.member("right")]
            } else {
                let value = try field.member("value")
                let start = values.count
                if case .number(let number) = value.document {
                    values.append(number)
                } else {
                    values += try value.numbers()
                }
                guard values.count - start == width else {
                    throw value.malformed("not \(width) values")
                }
                let cover = try field.optional("weight")?.number() ?? 0
                nodes.append(.leaf(values: start..<values.count, cover: cover))
            }
        }
    }

    func tree(wordCountMax: Int) throws(ImportError) -> DecisionTree {
        let covers = covers
        var builder = TreeBuilder(
            name: name, nodeCount: nodes.count, wordCountMax: wordCountMax)
        return try builder.tree(firstMargin: 0) { (number, builder) throws(ImportError) in
            switch nodes[number] {
            case .leaf(let range, let cover):
                for value in values[range] { builder.append(leafValue: value) }
                return .leaf(cover: cover)
            case .split(let question, let left, let right):
                let rule: DecisionTree.Rule
                var areSwapped = false
                switch question.rule {
                case .border(let border):
                    rule = .threshold(border.largestDoubleThatRoundsHere)
                case .category(let code):
                    // What is listed goes left with us.
                    rule = try builder.rule(listing: CollectionOfOne(code))
                    areSwapped = true
                }
                return .split(
                    feature: question.feature, rule: rule, missing: .nan,
                    defaultsLeft: question.missingGoesRight == areSwapped,
                    left: areSwapped ? right : left, right: areSwapped ? left : right,
                    cover: covers[number])
            }
        }
    }

    /// By node: the leaves below it. Children stand behind their parents.
    private var covers: [Double] {
        var covers = [Double](repeating: 0, count: nodes.count)
        for number in nodes.indices.reversed() {
            switch nodes[number] {
            case .leaf(_, let cover): covers[number] = cover
            case .split(_, let left, let right): covers[number] = covers[left] + covers[right]
            }
        }
        return covers
    }

    private static func question(
        _ split: DocumentField, _ tree: String, _ features: CatBoostFeatures
    ) throws(ImportError) -> Question {
        switch try split.member("split_type").string() {
        case "FloatFeature":
            let index = try split.member("float_feature_index").integer(in: 0...1 << 24)
            let border = Float(try split.member("border").number())
            guard index < features.numbers.count, border.isFinite else {
                throw split.malformed("no such feature, or a border that is not finite")
            }
            let feature = features.numbers[index]
            return Question(
                feature: feature.place, rule: .border(border),
                missingGoesRight: feature.missingIsLargest)
        case "OneHotFeature":
            let index = try split.member("cat_feature_index").integer(in: 0...1 << 24)
            let hash = try split.member("value").integer(in: Int(Int32.min)...Int(Int32.max))
            guard index < features.categories.count,
                let code = features.categories[index].codes[Int32(hash)]
            else { throw split.malformed("no such feature, or a value that it has not") }
            return Question(
                feature: features.categories[index].place, rule: .category(code: code),
                missingGoesRight: false)
        case "OnlineCtr": throw .unsupported("CTR split in \(tree)")
        case let type: throw .unsupported("split of type '\(type)' in \(tree)")
        }
    }
}
