// SPDX-License-Identifier: Apache-2.0
import Glibc
package import Models

/// How far metrics would move on other rows of the kind: percentile intervals over resamples.
///
/// B. Efron, R. Tibshirani, "An Introduction to the Bootstrap" (1993), section 13.3. What a row
/// contributes is computed once, and scores are ordered once; a resample only weighs them, so its
/// cost is linear in the rows.
package struct Bootstrap: Sendable {
    /// Rows by falling score of one label; a group ends where the score changes.
    private struct Ranked: Sendable {
        let rows: [Int32]
        let endsGroup: [Bool]
        let label: Int

        init(scores: [Double], label: Int) {
            let order = scores.indices.sorted { scores[$0] > scores[$1] }
            rows = order.map { Int32($0) }
            endsGroup = order.indices.map {
                $0 == order.count - 1 || scores[order[$0]] != scores[order[$0 + 1]]
            }
            self.label = label
        }
    }

    private let rowCount: Int
    private let output: Output
    private var values: [Double] = []
    private var predictions: [Double] = []
    private var labels: [Int] = []
    private var guesses: [Int] = []
    private var logLosses: [Double] = []
    private var squares: [Double] = []
    private var rankings: [Ranked] = []

    /// - Returns: `nil` where there are no answers to judge by.
    package init?(margins: [Double], output: Output, target: Target) {
        rowCount = target.count
        self.output = output
        guard rowCount > 0 else { return nil }
        let span = margins.span
        var outputs: [Double] = []
        for row in 0..<rowCount {
            output.appendOutputs(span, at: row * output.marginCount, to: &outputs)
        }
        switch target {
        case .unlabelled: return nil
        case .values(let values):
            self.values = values
            predictions = outputs
        case .labels(let labels):
            self.labels = labels.map { Int($0) }
            let count = output.labels.count
            for (row, label) in self.labels.enumerated() {
                guesses.append(output.predictedIndex(span, at: row * output.marginCount))
                let own = outputs[row * count + label]
                logLosses.append(-log(min(max(own, .ulpOfOne), 1 - .ulpOfOne)))
                var sum = 0.0
                for other in (count == 2 ? 1 : 0)..<count {
                    let gap = (other == label ? 1 : 0) - outputs[row * count + other]
                    sum += gap * gap
                }
                squares.append(sum)
            }
            rankings = ((count == 2 ? 1 : 0)..<count).map { label in
                let scores = (0..<rowCount).map { outputs[$0 * count + label] }
                return Ranked(scores: scores, label: label)
            }
        }
    }

    /// The bounds between which the middle 95 of 100 resamples lie, for each metric of
    /// `Evaluation` that is defined in all of them.
    package func intervals(resampleCount: Int, seed: UInt64) -> [Interval] {
        let blocks = RowBlocks(rowCount: resampleCount, resultByteCount: 1, rowCountMin: 16)
        let samples = blocks.map { _, range in
            var results: [[Metric]] = []
            for sample in range {
                var counts = [Double](repeating: 0, count: rowCount)
                var generator = SplitMix64(seed: SplitMix64.value(seed: seed, index: sample))
                for _ in 0..<rowCount {
                    // The high half of a product: a row in proportion, without a division.
                    let (row, _) = generator.next().multipliedFullWidth(by: UInt64(rowCount))
                    counts[Int(row)] += 1
                }
                results.append(metrics(counts))
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

    /// The metrics of rows that count so often each: with ones those of `Evaluation`.
    func metrics(_ counts: [Double]) -> [Metric] {
        labels.isEmpty ? regression(counts) : classification(counts)
    }

    private func regression(_ counts: [Double]) -> [Metric] {
        var (total, sum, squares, absolutes) = (0.0, 0.0, 0.0, 0.0)
        for (row, count) in counts.enumerated() {
            let residual = values[row] - predictions[row]
            total += count
            sum += count * values[row]
            squares += count * residual * residual
            absolutes += count * abs(residual)
        }
        let mean = sum / total
        var variance = 0.0
        for (row, count) in counts.enumerated() {
            variance += count * (values[row] - mean) * (values[row] - mean)
        }
        return [
            Metric("rmse", (squares / total).squareRoot()), Metric("mae", absolutes / total),
            Metric("r2", variance > 0 ? 1 - squares / variance : nil),
        ]
    }

    private func classification(_ counts: [Double]) -> [Metric] {
        let labelCount = output.labels.count
        var hits = [Double](repeating: 0, count: labelCount)
        var (actual, guessed) = (hits, hits)
        var (total, loss, brier) = (0.0, 0.0, 0.0)
        for (row, count) in counts.enumerated() where count > 0 {
            total += count
            loss += count * logLosses[row]
            brier += count * squares[row]
            actual[labels[row]] += count
            guessed[guesses[row]] += count
            if labels[row] == guesses[row] { hits[labels[row]] += count }
        }
        func ratio(_ part: Double, _ whole: Double) -> Double { whole == 0 ? 0 : part / whole }
        let present = (0..<labelCount).filter { actual[$0] + guessed[$0] > 0 }
        func mean(_ metric: (Int) -> Double) -> Double {
            labelCount == 2
                ? metric(1) : present.reduce(0) { $0 + metric($1) } / Double(present.count)
        }
        let suffix = labelCount == 2 ? "" : "_macro"
        var metrics = [
            Metric("accuracy", hits.reduce(0, +) / total),
            Metric("precision\(suffix)", mean { ratio(hits[$0], guessed[$0]) }),
            Metric("recall\(suffix)", mean { ratio(hits[$0], actual[$0]) }),
            Metric("f1\(suffix)", mean { ratio(2 * hits[$0], actual[$0] + guessed[$0]) }),
        ]
        let areas = rankings.map { curveAreas($0, counts, actual[$0.label], total) }
        let rocAreas = areas.compactMap(\.roc)
        let roc =
            rocAreas.count == areas.count ? rocAreas.reduce(0, +) / Double(areas.count) : nil
        metrics.append(Metric(labelCount == 2 ? "roc_auc" : "roc_auc_ovr", roc))
        if labelCount == 2 { metrics.append(Metric("pr_auc", areas[0].precision)) }
        return metrics + [Metric("log_loss", loss / total), Metric("brier", brier / total)]
    }

    /// The areas under one label's curves.
    private func curveAreas(
        _ ranked: Ranked, _ counts: [Double], _ positives: Double, _ total: Double
    ) -> (roc: Double?, precision: Double?) {
        let negatives = total - positives
        guard positives > 0 else { return (nil, nil) }
        var (hits, chosen, doubled, precision) = (0.0, 0.0, 0.0, 0.0)
        var (groupHits, groupSize) = (0.0, 0.0)
        for (place, row) in ranked.rows.enumerated() {
            let count = counts[Int(row)]
            groupSize += count
            if labels[Int(row)] == ranked.label { groupHits += count }
            guard ranked.endsGroup[place], groupSize > 0 else { continue }
            let misses = groupSize - groupHits
            let below = negatives - (chosen - hits) - misses
            doubled += groupHits * (2 * below + misses)
            hits += groupHits
            chosen += groupSize
            precision += groupHits * (hits / chosen)
            (groupHits, groupSize) = (0, 0)
        }
        return (
            negatives > 0 ? doubled / 2 / positives / negatives : nil, precision / positives
        )
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
