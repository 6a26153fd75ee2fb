// SPDX-License-Identifier: Apache-2.0

/// What a node of a forest, or one side of its split, holds: rows, their weight and the weighted
/// sums of their answers.
struct NodeSums {
    var rowCount = 0.0
    var weight = 0.0
    /// Weighted sums of the answers; no array, which costs an allocation, for a single one.
    var first = 0.0
    var others: [Double]

    init(width: Int) {
        others = width == 1 ? [] : [Double](repeating: 0, count: width - 1)
    }

    var answers: [Double] { [first] + others }

    /// How much of the answers' squares the mean explains; splits are to raise it.
    var score: Double {
        guard weight > 0 else { return 0 }
        var squares = first * first
        for sum in others { squares += sum * sum }
        return squares / weight
    }
}
