// SPDX-License-Identifier: Apache-2.0
import Glibc
import Models
import Testing

@testable import Training

struct BootstrapTests {
    private static func judged(
        _ reference: MetricsReference.Case
    ) -> (margins: [Double], output: Output, target: Target) {
        let labels = (0..<reference.labelCount).map { "\($0)" }
        let output: Output =
            switch reference.labelCount {
            case 0: .regression
            case 2: .binary(labels: labels)
            default: .multiclass(labels: labels)
            }
        let target: Target =
            reference.labelCount == 0
            ? .values(reference.answers) : .labels(reference.answers.map { Int32($0) })
        return (reference.margins, output, target)
    }

    /// Rows that count twice each have the plain metrics.
    @Test(arguments: MetricsReference.cases.indices)
    func weighsRows(index: Int) throws {
        let (margins, output, target) = Self.judged(MetricsReference.cases[index])
        let plain = Evaluation(margins: margins, output: output, target: target)
        let rows = try #require(ScoredRows(margins: margins, output: output, target: target))
        let weighed = rows.metrics([Double](repeating: 2, count: target.count))
        #expect(weighed.map(\.name) == plain.metrics.map(\.name))
        for (one, other) in zip(weighed, plain.metrics) {
            guard let value = one.value, let expected = other.value else { continue }
            #expect(abs(value - expected) < 1e-12 * max(1, abs(expected)), "\(one.name)")
        }
    }

    /// A row left out and another doubled: the metrics of such a set.
    @Test func weighsUnevenly() throws {
        let output = Output.binary(labels: ["n", "y"])
        let margins = [2.0, 1, 0.5, -1, -1, -3, 0.5]
        let labels: [Int32] = [1, 0, 1, 1, 0, 0, 0]
        let chosen = [0, 1, 1, 2, 4, 5, 6]
        let counts = [1.0, 2, 1, 0, 1, 1, 1]
        let rows = try #require(
            ScoredRows(margins: margins, output: output, target: .labels(labels)))
        let plain = Evaluation(
            margins: chosen.map { margins[$0] }, output: output,
            target: .labels(chosen.map { labels[$0] }))
        for metric in rows.metrics(counts) {
            let value = try #require(metric.value)
            let expected = try #require(plain[metric.name])
            #expect(abs(value - expected) < 1e-12, "\(metric.name)")
        }
    }

    /// The accuracy of 400 rows, 320 right, is binomial: 0.8 ± 1.96 · 0.02.
    @Test func spreadsLikeABinomial() throws {
        let output = Output.binary(labels: ["n", "y"])
        let labels = (0..<400).map { Int32($0 % 2) }
        let margins = labels.indices.map { row in
            (labels[row] == 1 ? 1.0 : -1) * (row % 5 == 0 ? -1 : 1)
        }
        let bootstrap = try #require(
            Bootstrap(margins: margins, output: output, target: .labels(labels)))
        let intervals = bootstrap.intervals(resampleCount: 1000, seed: 1)
        let accuracy = try #require(intervals.first { $0.name == "accuracy" })
        #expect(abs(accuracy.low - 0.7608) < 0.006)
        #expect(abs(accuracy.high - 0.8392) < 0.006)
        #expect(bootstrap.intervals(resampleCount: 1000, seed: 1) == intervals)
        #expect(bootstrap.intervals(resampleCount: 1000, seed: 2) != intervals)
    }

    /// Intervals lie about the metric that is reported, whatever the link.
    @Test func judgesAnswersNotMargins() throws {
        let output = try #require(Output(.regression, link: .exponential))
        let margins = (0..<200).map { Double($0 % 5) }
        let target = Target.values(margins.indices.map { exp(margins[$0]) + Double($0 % 3) - 1 })
        let judged = Evaluation(margins: margins, output: output, target: target)
        let rmse = try #require(judged["rmse"])
        // 67 rows are one too low, 66 one too high.
        #expect(abs(rmse - (133.0 / 200).squareRoot()) < 1e-12)
        let bootstrap = try #require(Bootstrap(margins: margins, output: output, target: target))
        let bounds = try #require(
            bootstrap.intervals(resampleCount: 200, seed: 1).first { $0.name == "rmse" })
        #expect(bounds.low < rmse && rmse < bounds.high)
    }
}
