// SPDX-License-Identifier: Apache-2.0
import Models

/// A tree over bins, as it was grown.
struct GrownTree {
    struct Split {
        let feature: Int
        /// The last bin of a number that goes left; -1 for categories.
        let thresholdBin: Int
        let leftBins: BinSet
        let missingGoesLeft: Bool
        /// A later split, or the complement of a leaf.
        var left: Int
        var right: Int
        let gain: Double
        let rowCount: Int
    }

    struct Leaf {
        var value: Double
        /// Where its rows stand in the partition.
        let rows: Range<Int>
    }

    var splits: [Split] = []
    var leaves: [Leaf] = []

    /// The leaf of a row, by its bins.
    func leaf(of row: Int, columns: [UnsafePointer<UInt8>]) -> Int {
        var index = splits.isEmpty ? ~0 : 0
        while index >= 0 {
            let split = splits[index]
            let bin = columns[split.feature][row * BinnedMatrix.groupWidth]
            index = split.leftBins.contains(Int(bin)) ? split.left : split.right
        }
        return ~index
    }

    /// The same tree over values; each leaf has one margin to add to.
    func tree(_ features: [FeatureBins], margin: Int) -> DecisionTree? {
        var words: [UInt32] = []
        let splits = splits.map { split in
            let bins = features[split.feature]
            let rule: DecisionTree.Rule
            switch bins.kind {
            case .number(let bounds): rule = .threshold(bounds[split.thresholdBin])
            case .category(let binOfCode):
                let start = words.count
                words += split.leftBins.words(codes: binOfCode)
                rule = .categories(start..<words.count)
            }
            return DecisionTree.Split(
                feature: split.feature, rule: rule, missing: .nan,
                defaultsLeft: split.missingGoesLeft, left: split.left, right: split.right,
                cover: Double(split.rowCount))
        }
        return DecisionTree(
            splits: splits, categoryWords: words, leafValues: leaves.map(\.value),
            leafCovers: leaves.map { Double($0.rows.count) }, firstMargin: margin)
    }
}

extension BinSet {
    /// The codes whose bins are in the set, as bits; no word more than the last of them needs.
    func words(codes: [UInt8]) -> [UInt32] {
        var words: [UInt32] = []
        for (code, bin) in codes.enumerated() where contains(Int(bin)) {
            while words.count <= code / 32 { words.append(0) }
            words[code / 32] |= 1 << UInt32(code % 32)
        }
        return words
    }
}
