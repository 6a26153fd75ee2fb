// SPDX-License-Identifier: Apache-2.0

/// A feature's values, parted where some split of an ensemble turns: all values of a cell go the
/// same way at every split. So a kernel may look at the cell alone, and loses nothing.
///
/// Cell `k` holds the values above cut `k - 1` and at most cut `k`; the last but one those above
/// all cuts; the last is NaN's.
struct FeatureCells: Sendable {
    let feature: Int
    /// Rising, no two equal.
    let cuts: [Double]

    var count: Int { cuts.count + 2 }
    var missingCell: Int { cuts.count + 1 }

    /// The cell of a number.
    func cell(of value: Double) -> Int {
        var low = 0
        var high = cuts.count
        while low < high {
            let middle = (low + high) / 2
            if cuts[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// One of the cell's values.
    func value(in cell: Int) -> Double {
        if cell < cuts.count { return cuts[cell] }
        return cell == cuts.count ? .infinity : .nan
    }

    /// For each feature that a split asks for, by its number.
    ///
    /// - Returns: `nil` when a feature has more than `countMax` cells.
    static func all(of trees: [DecisionTree], countMax: Int) -> [FeatureCells]? {
        var cuts: [Int: Set<Double>] = [:]
        for tree in trees {
            for split in tree.splits {
                cuts[split.feature, default: []].formUnion(tree.cuts(of: split))
                guard cuts[split.feature, default: []].count <= countMax - 2 else { return nil }
            }
        }
        return cuts.sorted { $0.key < $1.key }.map {
            FeatureCells(feature: $0.key, cuts: $0.value.sorted())
        }
    }
}

extension DecisionTree {
    /// Between which values a split turns: it sends all numbers above one cut and at most the next
    /// the same way.
    fileprivate func cuts(of split: Split) -> [Double] {
        switch split.rule {
        case .threshold(let threshold):
            // What is not a number lets nothing go left: it never turns.
            let turn = threshold.isNaN ? [] : [threshold]
            guard split.missing == .zero else { return turn }
            return turn + [(-Self.zeroBound).nextDown, Self.zeroBound]
        case .categories(let words):
            var cuts: [Double] = []
            var isListed = false
            for code in 0..<words.count * 32 {
                let word = categoryWords[words.lowerBound + code / 32]
                guard (word >> UInt32(code % 32) & 1 == 1) != isListed else { continue }
                isListed.toggle()
                cuts.append(Self.lastBelow(code))
            }
            return isListed ? cuts + [Self.lastBelow(words.count * 32)] : cuts
        }
    }

    /// The greatest value that is truncated to less than this code. All above -1 are code 0.
    private static func lastBelow(_ code: Int) -> Double {
        code == 0 ? -1 : Double(code).nextDown
    }
}
