// SPDX-License-Identifier: Apache-2.0

/// A binary decision tree as its source library defines it: which way each value goes, and what
/// the leaves add.
///
/// The canonical form, for artifacts, importers, learners and explanations; kernels are made of it.
package struct DecisionTree: Equatable, Sendable {
    /// Which values of a threshold's feature take the default side. A category's NaN always does.
    package enum Missing: UInt8, Sendable {
        /// None: NaN is read as 0 and compared (LightGBM's missing type `none`).
        case none = 0
        /// NaN, and what lies within 1e-35f of zero (LightGBM's `zero_as_missing`).
        case zero = 1
        /// NaN.
        case nan = 2
    }

    package enum Rule: Equatable, Sendable {
        /// At most the threshold goes left. A library that compares by `<` has
        /// `threshold.nextDown` of its own precision here.
        case threshold(Double)
        /// Listed codes go left, all others right. Code `c` is bit `c % 32` of word `c / 32` of
        /// this part of `categoryWords`; a value is truncated towards zero to be a code.
        case categories(Range<Int>)
    }

    package struct Split: Equatable, Sendable {
        package let feature: Int
        package let rule: Rule
        package let missing: Missing
        package let defaultsLeft: Bool
        /// A split's index above this one's, or the complement (`~`) of a leaf's.
        package let left: Int
        package let right: Int
        /// The weight of the training rows that came by; 0 where it is not known.
        package let cover: Double

        package init(
            feature: Int, rule: Rule, missing: Missing, defaultsLeft: Bool, left: Int, right: Int,
            cover: Double
        ) {
            self.feature = feature
            self.rule = rule
            self.missing = missing
            self.defaultsLeft = defaultsLeft
            self.left = left
            self.right = right
            self.cover = cover
        }
    }

    /// The root first, each before its children; none in a tree of one leaf.
    package let splits: [Split]
    package let categoryWords: [UInt32]
    /// Leaf-major: what each leaf adds to the margins from `firstMargin` on.
    package let leafValues: [Double]
    package let leafCovers: [Double]
    package let firstMargin: Int

    package var leafCount: Int { splits.count + 1 }
    /// How many margins a leaf adds to.
    package var leafWidth: Int { leafValues.count / leafCount }

    /// - Returns: `nil` unless every split and leaf but the root has exactly one parent that stands
    ///   before it, ranges lie within the words, and numbers are as they must be: thresholds may be
    ///   infinite and, so that nothing goes left, NaN; leaf values are finite, covers also not
    ///   negative.
    package init?(
        splits: [Split], categoryWords: [UInt32], leafValues: [Double], leafCovers: [Double],
        firstMargin: Int
    ) {
        let leafCount = splits.count + 1
        guard leafCovers.count == leafCount, !leafValues.isEmpty,
            leafValues.count.isMultiple(of: leafCount), leafValues.allSatisfy(\.isFinite),
            leafCovers.allSatisfy({ $0.isFinite && $0 >= 0 }), firstMargin >= 0
        else { return nil }
        var splitParents = [Bool](repeating: false, count: splits.count)
        var leafParents = [Bool](repeating: false, count: leafCount)
        for (index, split) in splits.enumerated() {
            guard split.feature >= 0, split.cover.isFinite, split.cover >= 0 else { return nil }
            if case .categories(let range) = split.rule {
                guard range.lowerBound >= 0, range.upperBound <= categoryWords.count else {
                    return nil
                }
            }
            for child in [split.left, split.right] {
                if child >= 0 {
                    guard child > index, child < splits.count, !splitParents[child] else {
                        return nil
                    }
                    splitParents[child] = true
                } else {
                    guard ~child < leafCount, !leafParents[~child] else { return nil }
                    leafParents[~child] = true
                }
            }
        }
        // As many edges as children there are, and no child twice: each has its parent.
        self.splits = splits
        self.categoryWords = categoryWords
        self.leafValues = leafValues
        self.leafCovers = leafCovers
        self.firstMargin = firstMargin
    }

    /// The leaf that a row ends in.
    ///
    /// - Parameter row: values already rounded to the ensemble's precision.
    func leaf(of row: Span<Double>) -> Int {
        guard !splits.isEmpty else { return 0 }
        var index = 0
        while index >= 0 {
            let split = splits[index]
            index = goesLeft(split, row[split.feature]) ? split.left : split.right
        }
        return ~index
    }

    func goesLeft(_ split: Split, _ value: Double) -> Bool {
        switch split.rule {
        case .threshold(let threshold):
            switch split.missing {
            case .none: (value.isNaN ? 0 : value) <= threshold
            case .zero:
                value.isNaN || value.magnitude <= Self.zeroBound
                    ? split.defaultsLeft : value <= threshold
            case .nan: value.isNaN ? split.defaultsLeft : value <= threshold
            }
        case .categories(let words):
            value.isNaN ? split.defaultsLeft : lists(value, words)
        }
    }

    /// LightGBM's `kZeroThreshold`, a `float`.
    static let zeroBound = Double(Float(1e-35))

    private func lists(_ value: Double, _ words: Range<Int>) -> Bool {
        // Values between -1 and 0 are code 0, which an empty list has no word for.
        guard !words.isEmpty, value > -1, value < Double(words.count * 32) else { return false }
        let code = Int(value)
        return categoryWords[words.lowerBound + code / 32] >> UInt32(code % 32) & 1 == 1
    }
}
