// SPDX-License-Identifier: Apache-2.0
import Models

/// Grows one tree of a forest, depth first, on one thread.
struct ForestTreeGrower {
    private struct Node {
        var rows: Range<Int>
        var depth: Int
        var sums: NodeSums
        /// The split above, -1 for none, and which of its children this is.
        var parent: Int
        var isLeft: Bool
    }

    private struct Candidate {
        var gain: Double
        var feature = -1
        var thresholdBin = -1
        var leftBins = BinSet()
    }

    private let matrix: BinnedMatrix
    private let settings: ForestSettings
    private let answers: ForestAnswers
    private let featureCount: Int
    private var generator: SplitMix64
    private var rows: [UInt32]
    private var weights: [Double]
    private var sums: BinSums
    private var features: [Int]
    private var splits: [DecisionTree.Split] = []
    private var words: [UInt32] = []
    private var leafValues: [Double] = []
    private var leafCovers: [Double] = []
    private(set) var gains: [Double]
    private(set) var splitCounts: [Int]

    init(
        _ matrix: BinnedMatrix, _ settings: ForestSettings, _ answers: ForestAnswers,
        featureCount: Int, tree: Int
    ) {
        self.matrix = matrix
        self.settings = settings
        self.answers = answers
        self.featureCount = featureCount
        generator = SplitMix64(seed: SplitMix64.value(seed: settings.seed, index: tree))
        var weights = [Double](repeating: 0, count: matrix.rowCount)
        if settings.variant == .randomForest {
            for _ in 0..<matrix.rowCount {
                weights[generator.index(below: matrix.rowCount)] += 1
            }
        } else {
            for row in weights.indices { weights[row] = 1 }
        }
        rows = weights.indices.filter { weights[$0] > 0 }.map { UInt32($0) }
        if !answers.weights.isEmpty {
            for row in weights.indices { weights[row] *= answers.weights[row] }
        }
        self.weights = weights
        sums = BinSums(width: answers.width)
        features = Array(matrix.features.indices)
        gains = [Double](repeating: 0, count: matrix.features.count)
        splitCounts = [Int](repeating: 0, count: matrix.features.count)
    }

    /// - Returns: `nil` only for sums that are not finite.
    mutating func grow() -> DecisionTree? {
        var root = Node(
            rows: 0..<rows.count, depth: 0, sums: NodeSums(width: answers.width), parent: -1,
            isLeft: false)
        for row in rows { add(Int(row), to: &root.sums) }
        var open = [root]
        while let node = open.popLast() {
            guard let candidate = best(node) else {
                close(node)
                continue
            }
            let (left, right) = split(node, candidate)
            // The left one next.
            open.append(right)
            open.append(left)
        }
        return DecisionTree(
            splits: splits, categoryWords: words, leafValues: leafValues, leafCovers: leafCovers,
            firstMargin: 0)
    }

    private func add(_ row: Int, to sums: inout NodeSums) {
        sums.rowCount += 1
        sums.weight += weights[row]
        if answers.width == 1 {
            sums.first += weights[row] * answers.values[row]
        } else if answers.classes[row] == 0 {
            sums.first += weights[row]
        } else {
            sums.others[Int(answers.classes[row]) - 1] += weights[row]
        }
    }

    private mutating func link(_ node: Node, _ index: Int) {
        guard node.parent >= 0 else { return }
        splits[node.parent] = splits[node.parent].linked(to: index, isLeft: node.isLeft)
    }

    private mutating func close(_ node: Node) {
        link(node, ~leafCovers.count)
        let weight = node.sums.weight > 0 ? node.sums.weight : 1
        for sum in node.sums.answers { leafValues.append(answers.offset + sum / weight) }
        leafCovers.append(node.sums.weight)
    }

    /// The best split by some features drawn; more are drawn only while none can be split by.
    private mutating func best(_ node: Node) -> Candidate? {
        let least = Double(settings.minSamplesLeaf)
        guard node.sums.rowCount >= 2 * least, node.sums.rowCount >= 2,
            settings.maxDepth <= 0 || node.depth < settings.maxDepth
        else { return nil }
        let score = node.sums.score
        // Less is rounding: of a node whose answers are all the same.
        var best = Candidate(gain: 1e-9 * max(score.magnitude, 1e-300))
        for drawn in features.indices {
            if drawn >= featureCount, best.feature >= 0 { break }
            features.swapAt(drawn, drawn + generator.index(below: features.count - drawn))
            let feature = features[drawn]
            fill(node, feature)
            guard sums.bins.count > 1 else { continue }
            if matrix.features[feature].isCategory {
                tryCategories(node, feature, score, &best)
            } else {
                tryThresholds(node, feature, score, &best)
            }
        }
        return best.feature >= 0 ? best : nil
    }

    private mutating func fill(_ node: Node, _ feature: Int) {
        sums.clear()
        let column = matrix.column(feature)
        for index in node.rows {
            let row = Int(rows[index])
            sums.add(
                bin: Int(column[row * BinnedMatrix.groupWidth]), weight: weights[row], row: row,
                answers)
        }
        sums.sort()
    }

    private mutating func tryThresholds(
        _ node: Node, _ feature: Int, _ score: Double, _ best: inout Candidate
    ) {
        var bins = sums.bins
        let missing = matrix.features[feature].missingBin.flatMap { bins.last == $0 ? $0 : nil }
        if missing != nil { bins.removeLast() }
        var places = Array(bins.indices.dropLast())
        if settings.variant == .extraTrees, let first = bins.first, let last = bins.last,
            first < last
        {
            let cut = first + generator.index(below: last - first)
            places = [bins.lastIndex { $0 <= cut } ?? 0]
        }
        // Every value on one side and the missing ones on the other.
        if missing != nil { places.append(bins.count - 1) }
        for missingLeft in missing == nil ? [false] : [false, true] {
            var left = NodeSums(width: answers.width)
            var right = node.sums
            var set = BinSet()
            if missingLeft, let missing {
                sums.move(missing, from: &right, to: &left)
                set.insert(missing)
            }
            var next = 0
            for place in places {
                while next <= place {
                    sums.move(bins[next], from: &right, to: &left)
                    next += 1
                }
                guard isLargeEnough(left, right) else { continue }
                let gain = left.score + right.score - score
                guard gain > best.gain else { continue }
                var leftBins = BinSet.upTo(bins[place])
                if missingLeft, let missing { leftBins.insert(missing) }
                best = Candidate(
                    gain: gain, feature: feature, thresholdBin: bins[place], leftBins: leftBins)
            }
        }
    }

    private func isLargeEnough(_ left: NodeSums, _ right: NodeSums) -> Bool {
        let least = Double(max(1, settings.minSamplesLeaf))
        return left.rowCount >= least && right.rowCount >= least
    }

    /// In the order of their answers, or at random; a missing value is a category like the others.
    private mutating func tryCategories(
        _ node: Node, _ feature: Int, _ score: Double, _ best: inout Candidate
    ) {
        var order = sums.bins
        var places = Array(order.indices.dropLast())
        if settings.variant == .extraTrees {
            generator.shuffle(&order)
            places = [generator.index(below: order.count - 1)]
        } else {
            let answers = node.sums.answers
            let frequent = answers.indices.max { answers[$0] < answers[$1] } ?? 0
            let ratios = order.map { sums.ratio($0, class: frequent) }
            order = order.indices.sorted { (ratios[$0], $0) < (ratios[$1], $1) }.map { order[$0] }
        }
        var left = NodeSums(width: answers.width)
        var right = node.sums
        var set = BinSet()
        var next = 0
        for place in places {
            while next <= place {
                sums.move(order[next], from: &right, to: &left)
                set.insert(order[next])
                next += 1
            }
            guard isLargeEnough(left, right) else { continue }
            let gain = left.score + right.score - score
            guard gain > best.gain else { continue }
            best = Candidate(gain: gain, feature: feature, leftBins: set)
        }
    }

    private mutating func split(_ node: Node, _ candidate: Candidate) -> (Node, Node) {
        let bins = matrix.features[candidate.feature]
        let column = matrix.column(candidate.feature)
        var left = NodeSums(width: answers.width)
        var right = left
        var others: [UInt32] = []
        var end = node.rows.lowerBound
        for index in node.rows {
            let row = rows[index]
            if candidate.leftBins.contains(Int(column[Int(row) * BinnedMatrix.groupWidth])) {
                rows[end] = row
                end += 1
                add(Int(row), to: &left)
            } else {
                others.append(row)
                add(Int(row), to: &right)
            }
        }
        rows.replaceSubrange(end..<node.rows.upperBound, with: others)
        let index = splits.count
        link(node, index)
        let rule: DecisionTree.Rule
        switch bins.kind {
        case .number(let bounds): rule = .threshold(bounds[candidate.thresholdBin])
        case .category(let codes):
            let start = words.count
            words += candidate.leftBins.words(codes: codes)
            rule = .categories(start..<words.count)
        }
        splits.append(
            DecisionTree.Split(
                feature: candidate.feature, rule: rule, missing: .nan,
                defaultsLeft: bins.missingBin.map { candidate.leftBins.contains($0) }
                    ?? (left.weight >= right.weight),
                left: 0, right: 0, cover: node.sums.weight))
        gains[candidate.feature] += candidate.gain
        splitCounts[candidate.feature] += 1
        return (
            Node(
                rows: node.rows.lowerBound..<end, depth: node.depth + 1, sums: left, parent: index,
                isLeft: true),
            Node(
                rows: end..<node.rows.upperBound, depth: node.depth + 1, sums: right,
                parent: index, isLeft: false)
        )
    }
}
