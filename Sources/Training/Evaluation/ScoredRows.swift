// SPDX-License-Identifier: Apache-2.0
import Glibc
import Models

/// Rows with answers and what a model makes of them: the metrics of any weights of theirs.
///
/// What a row contributes is computed once, and scores are ordered once: metrics cost time linear
/// in the rows.
struct ScoredRows: Sendable {
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

    let rowCount: Int
    private let output: Output
    private var values: [Double] = []
    private var predictions: [Double] = []
    private var labels: [Int] = []
    private var guesses: [Int] = []
    private var logLosses: [Double] = []
    private var squares: [Double] = []
    private var rankings: [Ranked] = []

    /// - Parameter margins: `output.marginCount` for each row of the target.
    /// - Returns: `nil` where there are no answers to judge by.
    init?(margins: [Double], output: Output, target: Target) {
        rowCount = target.count
        self.output = output
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
                // scikit-learn's clipping: a double's machine epsilon on both sides.
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

    /// The metrics of rows that count once each.
    var metrics: [Metric] { metrics([Double](repeating: 1, count: rowCount)) }

    /// The metrics of rows that count so often each.
    func metrics(_ counts: [Double]) -> [Metric] {
        output.labels.isEmpty ? regression(counts) : classification(counts)
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
        // Without variance a perfect prediction scores 1 and any other 0.
        let explained = variance > 0 ? 1 - squares / variance : (squares == 0 ? 1 : 0)
        return [
            Metric("rmse", total > 0 ? (squares / total).squareRoot() : nil),
            Metric("mae", total > 0 ? absolutes / total : nil),
            Metric("r2", counts.count { $0 > 0 } < 2 ? nil : explained),
        ]
    }

    /// Averages over labels are macro averages: of the labels that occur among answers or
    /// predictions for precision, recall and F1, of all labels against the rest for the AUC. The
    /// Brier score sums over labels. A ratio with nothing below the line is 0.
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
            Metric("accuracy", ratio(hits.reduce(0, +), total)),
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
        return metrics + [
            Metric("log_loss", total > 0 ? loss / total : nil),
            Metric("brier", total > 0 ? brier / total : nil),
        ]
    }

    /// The areas under one label's curves: the chance that a row of it scores above another, ties
    /// counting half, undefined without either; and `Σ (R_k - R_{k-1}) P_k` over distinct scores,
    /// without interpolation, undefined without the former.
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
