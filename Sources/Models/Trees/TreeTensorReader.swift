// SPDX-License-Identifier: Apache-2.0

/// Takes the trees of an artifact off its tensors, one after the other.
struct TreeTensorReader {
    private let treeSplits: [Int32]
    private let firstMargins: [Int32]
    private let leafWidths: [Int32]
    private let features: [Int32]
    private let thresholds: [Double]
    private let flags: [UInt8]
    private let children: [Int32]
    private let covers: [Double]
    private let wordCounts: [Int32]
    private let words: [UInt32]
    private let leafValues: [Double]
    private let leafCovers: [Double]
    private var tree = 0
    private var split = 0
    private var word = 0
    private var leafValue = 0
    private var leafCover = 0

    init(_ file: Safetensors) throws(ArtifactError) {
        treeSplits = try file.int32s("tree_splits")
        firstMargins = try file.int32s("tree_first_margins", shape: [treeSplits.count])
        leafWidths = try file.int32s("tree_leaf_widths", shape: [treeSplits.count])
        features = try file.int32s("split_features")
        let count = features.count
        thresholds = try file.doubles("split_thresholds", shape: [count])
        flags = try file.uint8s("split_flags", shape: [count])
        children = try file.int32s("split_children", shape: [count, 2])
        covers = try file.doubles("split_covers", shape: [count])
        wordCounts = try file.int32s("split_words", shape: [count])
        words = try file.uint32s("category_words")
        leafValues = try file.doubles("leaf_values")
        leafCovers = try file.doubles("leaf_covers")
    }

    /// The next tree, or `nil` after the last, when nothing may be left over.
    mutating func next() throws(ArtifactError) -> DecisionTree? {
        guard tree < treeSplits.count else {
            guard split == features.count, word == words.count, leafValue == leafValues.count,
                leafCover == leafCovers.count
            else { throw .invalidField("tree_splits", "leaves splits, words or leaves over") }
            return nil
        }
        let count = Int(treeSplits[tree])
        let width = Int(leafWidths[tree])
        guard count >= 0, count <= features.count - split, width > 0,
            count + 1 <= leafCovers.count - leafCover,
            (count + 1).multipliedReportingOverflow(by: width).overflow == false,
            (count + 1) * width <= leafValues.count - leafValue
        else { throw .invalidField("tree_splits[\(tree)]", "more than there is") }
        let firstWord = word
        var splits: [DecisionTree.Split] = []
        splits.reserveCapacity(count)
        for index in split..<split + count { splits.append(try split(index, firstWord)) }
        guard
            let next = DecisionTree(
                splits: splits, categoryWords: Array(words[firstWord..<word]),
                leafValues: Array(leafValues[leafValue..<leafValue + (count + 1) * width]),
                leafCovers: Array(leafCovers[leafCover..<leafCover + count + 1]),
                firstMargin: Int(firstMargins[tree]))
        else { throw .invalidField("tree \(tree)", "not a tree, or a number is out of its range") }
        split += count
        leafValue += (count + 1) * width
        leafCover += count + 1
        tree += 1
        return next
    }

    private mutating func split(
        _ index: Int, _ firstWord: Int
    ) throws(ArtifactError) -> DecisionTree.Split {
        let flags = flags[index]
        guard flags < 16, let missing = DecisionTree.Missing(rawValue: flags >> 2) else {
            throw .invalidField("split_flags[\(index)]", "unknown to this version")
        }
        let wordCount = Int(wordCounts[index])
        guard wordCount >= 0, wordCount <= words.count - word, flags & 1 == 1 || wordCount == 0
        else { throw .invalidField("split_words[\(index)]", "more than there are") }
        let rule: DecisionTree.Rule =
            flags & 1 == 1
            ? .categories(word - firstWord..<word - firstWord + wordCount)
            : .threshold(thresholds[index])
        word += wordCount
        return DecisionTree.Split(
            feature: Int(features[index]), rule: rule, missing: missing,
            defaultsLeft: flags & 2 == 2, left: Int(children[2 * index]),
            right: Int(children[2 * index + 1]), cover: covers[index])
    }
}
