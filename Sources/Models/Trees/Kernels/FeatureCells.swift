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
        var turns: [Int: Turns] = [:]
        for tree in trees {
            for split in tree.splits { turns[split.feature, default: Turns()].add(split, of: tree) }
        }
        var cells: [FeatureCells] = []
        for (feature, turns) in turns.sorted(by: { $0.key < $1.key }) {
            guard turns.codeCount <= countMax, case let cuts = turns.cuts,
                cuts.count <= countMax - 2
            else { return nil }
            cells.append(FeatureCells(feature: feature, cuts: cuts))
        }
        return cells
    }
}

/// Where a feature's splits turn: between which values they send some left and others right.
///
/// Those of sets of categories are kept as bits, a word at a time: a file may list millions of
/// codes, every other one in its set.
private struct Turns {
    private var numbers: Set<Double> = []
    /// Bit `c % 32` of word `c / 32`: some set has code `c` but not the one before it, or that one
    /// but not `c`.
    private var codes: [UInt32] = []

    mutating func add(_ split: DecisionTree.Split, of tree: DecisionTree) {
        switch split.rule {
        case .threshold(let threshold):
            // What is not a number lets nothing go left: it never turns.
            if !threshold.isNaN { numbers.insert(threshold) }
            if split.missing == .zero {
                let zero = DecisionTree.zeroBound
                numbers.formUnion([(-zero).nextDown, zero])
            }
        case .categories(let range):
            let missing = range.count + 1 - codes.count
            if missing > 0 { codes.append(contentsOf: repeatElement(0, count: missing)) }
            var before: UInt32 = 0
            for (index, word) in tree.categoryWords[range].enumerated() {
                codes[index] |= word ^ (word << 1 | before)
                before = word >> 31
            }
            codes[range.count] |= before
        }
    }

    /// How many cuts are those of sets.
    var codeCount: Int { codes.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// Rising.
    var cuts: [Double] {
        var cuts = numbers
        for (index, word) in codes.enumerated() where word != 0 {
            for bit in 0..<32 where word >> UInt32(bit) & 1 == 1 {
                cuts.insert(Self.lastBelow(32 * index + bit))
            }
        }
        return cuts.sorted()
    }

    /// The greatest value that is truncated to less than this code. All above -1 are code 0.
    private static func lastBelow(_ code: Int) -> Double {
        code == 0 ? -1 : Double(code).nextDown
    }
}
