// SPDX-License-Identifier: Apache-2.0
package import Models

/// How far metrics would move on other rows of the kind: percentile intervals over resamples.
///
/// B. Efron, R. Tibshirani, "An Introduction to the Bootstrap" (1993), section 13.3. A resample only
/// weighs the rows.
package struct Bootstrap: Sendable {
    private let rows: ScoredRows

    /// - Returns: `nil` where there are no answers to judge by.
    package init?(margins: [Double], output: Output, target: Target) {
        guard target.count > 0,
            let rows = ScoredRows(margins: margins, output: output, target: target)
        else { return nil }
        self.rows = rows
    }

    /// The bounds between which the middle 95 of 100 resamples lie, for each metric of
    /// `Evaluation` that is defined in all of them.
    package func intervals(resampleCount: Int, seed: UInt64) -> [Interval] {
        let blocks = RowBlocks(rowCount: resampleCount, resultByteCount: 1, rowCountMin: 16)
        let samples = blocks.map { _, range in
            var results: [[Metric]] = []
            for sample in range {
                var counts = [Double](repeating: 0, count: rows.rowCount)
                var generator = SplitMix64(seed: SplitMix64.value(seed: seed, index: sample))
                for _ in 0..<rows.rowCount {
                    counts[generator.index(below: rows.rowCount)] += 1
                }
                results.append(rows.metrics(counts))
            }
            return results
        }.flatMap(\.self)
        guard let first = samples.first else { return [] }
        return first.indices.compactMap { index in
            let values = samples.compactMap { $0[index].value }.sorted()
            guard values.count == samples.count else { return nil }
            let rest = Int(Double(values.count - 1) * 0.025)
            return Interval(
                name: first[index].name, low: values[rest],
                high: values[values.count - 1 - rest])
        }
    }
}

extension Bootstrap {
    /// A metric's bounds.
    package struct Interval: Equatable, Sendable {
        package let name: String
        package let low: Double
        package let high: Double
    }
}
