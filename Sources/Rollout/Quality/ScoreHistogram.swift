// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How the scores of two classes are spread, in bins, for the area under the ROC curve.
///
/// Half of the bins' resolution follows the probability and half its log-odds within ±16, so a bin
/// is no wider than 1/256 in probability and 1/8 in log-odds: rare classes, whose scores crowd
/// near zero, are told apart too. Two scores in one bin count as tied; `areaErrorMax` says how much
/// that may matter.
package struct ScoreHistogram: Equatable, Sendable {
    package static let binCount = 512
    private static let logOddsMax = 16.0

    private var positives = [UInt64](repeating: 0, count: binCount)
    private var negatives = [UInt64](repeating: 0, count: binCount)

    package init() {}

    /// - Parameter score: the probability of the positive class, within 0 and 1.
    mutating func record(score: Double, isPositive: Bool) {
        if isPositive {
            positives[Self.bin(of: score)] += 1
        } else {
            negatives[Self.bin(of: score)] += 1
        }
    }

    mutating func merge(_ other: ScoreHistogram) {
        for bin in 0..<Self.binCount {
            positives[bin] += other.positives[bin]
            negatives[bin] += other.negatives[bin]
        }
    }

    /// The probability that a positive scores above a negative, ties counting half; `nil` unless
    /// there are both.
    package var area: Double? {
        guard let totals else { return nil }
        var wins = 0.0
        var below = 0.0
        for bin in 0..<Self.binCount {
            wins += Double(positives[bin]) * (below + Double(negatives[bin]) / 2)
            below += Double(negatives[bin])
        }
        return wins / (totals.positives * totals.negatives)
    }

    /// How far `area` may be from that of the scores themselves: half of the pairs that share a
    /// bin. The true error is mostly far smaller.
    package var areaErrorMax: Double? {
        guard let totals else { return nil }
        let ties = zip(positives, negatives).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        return ties / (totals.positives * totals.negatives) / 2
    }

    /// Half of an interval's width for `area` that holds at all times: the asymptotic confidence
    /// sequence with the variance of DeLong et al. 1988, as the area is asymptotically a mean.
    /// `nil` unless there are two of each.
    package func areaHalfWidth(alpha: Double, tuning: Double = 0.01) -> Double? {
        guard let totals, totals.positives >= 2, totals.negatives >= 2 else { return nil }
        var (forPositives, forNegatives) = (Spread(), Spread())
        var (positivesBelow, negativesBelow) = (0.0, 0.0)
        for bin in 0..<Self.binCount {
            let (here, other) = (Double(positives[bin]), Double(negatives[bin]))
            forPositives.add((negativesBelow + other / 2) / totals.negatives, times: here)
            forNegatives.add((positivesBelow + here / 2) / totals.positives, times: other)
            positivesBelow += here
            negativesBelow += other
        }
        let variance =
            forPositives.variance / totals.positives + forNegatives.variance / totals.negatives
        let count = totals.positives + totals.negatives
        return ConfidenceSequence.halfWidth(
            deviation: (variance * count).squareRoot(), count: count, alpha: alpha, tuning: tuning)
    }

    private var totals: (positives: Double, negatives: Double)? {
        let sums = (
            Double(positives.reduce(0, +)), Double(negatives.reduce(0, +))
        )
        return sums.0 > 0 && sums.1 > 0 ? sums : nil
    }

    private static func bin(of score: Double) -> Int {
        let logOdds = log(score) - log1p(-score)
        let bounded = min(logOddsMax, max(-logOddsMax, logOdds))
        let place = (score + bounded / (2 * logOddsMax) + 0.5) / 2
        return min(binCount - 1, max(0, Int(place * Double(binCount))))
    }

    /// The sample variance of weighted values.
    private struct Spread {
        private var count = 0.0
        private var mean = 0.0
        private var deviation = 0.0

        mutating func add(_ value: Double, times weight: Double) {
            guard weight > 0 else { return }
            count += weight
            let step = value - mean
            mean += step * weight / count
            deviation += weight * step * (value - mean)
        }

        var variance: Double { count > 1 ? deviation / (count - 1) : 0 }
    }
}
