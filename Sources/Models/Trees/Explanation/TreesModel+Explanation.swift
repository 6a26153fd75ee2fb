// SPDX-License-Identifier: Apache-2.0

extension TreesModel {
    /// Whether the training weight of every split and leaf is known.
    package var isExplainable: Bool { attribution != nil }

    /// What each feature adds to a margin: its Shapley value, path-dependent.
    ///
    /// With the base they sum to the margin. A sum of floats has a rounding error that no feature
    /// made: it is shared evenly among all that contributed, so that the account is complete.
    package func explanation(of row: Span<Double>, output: Int) -> Explanation? {
        guard let attribution else { return nil }
        let rounded = (0..<featureCount).map { aggregation.precision.rounded(row[$0]) }
        let factor = aggregation.scale / aggregation.divisor
        var base = attribution.bases[output] * factor + aggregation.bias[output]
        var contributions = attribution.contributions(
            of: rounded.span, margin: output, trees: trees
        ).map { $0 * factor }
        if aggregation.precision == .float32 {
            var margins: [Double] = []
            appendMargins(of: row, to: &margins)
            let rest = margins[output] - contributions.reduce(base, +)
            let share = rest / Double(1 + contributions.count { $0 != 0 })
            base += share
            for index in contributions.indices where contributions[index] != 0 {
                contributions[index] += share
            }
        }
        return Explanation(base: base, contributions: contributions)
    }
}
