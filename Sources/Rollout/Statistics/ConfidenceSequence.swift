// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A running mean with an interval that holds at all times at once: the asymptotic confidence
/// sequence of Waudby-Smith et al. 2024. It is for reports, never for a gate.
package struct ConfidenceSequence: Equatable, Sendable {
    package private(set) var count = 0.0
    package private(set) var mean = 0.0
    private var deviation = 0.0

    package init() {}

    /// What is no finite number is not counted.
    package mutating func update(_ value: Double) {
        guard value.isFinite else { return }
        count += 1
        let step = value - mean
        mean += step / count
        deviation += step * (value - mean)
    }

    /// As if the other's values had been seen here too (Chan et al.): loops and servers add up.
    package mutating func merge(_ other: ConfidenceSequence) {
        guard other.count > 0 else { return }
        let sum = count + other.count
        let step = other.mean - mean
        mean += step * other.count / sum
        deviation += other.deviation + step * step * count * other.count / sum
        count = sum
    }

    package var variance: Double { count > 0 ? deviation / count : 0 }

    /// Half of the interval's width, tightest near 1/`tuning` values; `nil` without values.
    package func halfWidth(alpha: Double, tuning: Double = 0.01) -> Double? {
        guard count > 0 else { return nil }
        return Self.halfWidth(
            deviation: variance.squareRoot(), count: count, alpha: alpha, tuning: tuning)
    }

    /// `σ·√(2(tρ²+1)/(t²ρ²)·ln(√(tρ²+1)/α))`, `tuning` being ρ².
    package static func halfWidth(
        deviation: Double, count: Double, alpha: Double, tuning: Double
    ) -> Double {
        let scaled = count * tuning + 1
        return deviation
            * (2 * scaled / (count * count * tuning) * log(scaled.squareRoot() / alpha))
            .squareRoot()
    }
}

/// The score of one request of an unpaired comparison by inverse propensity: its mean is the
/// candidate's mean less the stable version's, whatever the weights were.
package func inversePropensityScore(
    value: Double, isCandidate: Bool, share: Double
) -> Double? {
    guard share > 0, share < 1 else { return nil }
    return isCandidate ? value / share : -value / (1 - share)
}

/// How far the whole distribution of an arm's values may be from what was seen, at all times at
/// once (Howard and Ramdas 2022). Two arms differ when their Kolmogorov distance exceeds the sum of
/// their widths. Wide: a diagnosis, never a gate.
package enum DistributionBand {
    /// `0.85·√((ln ln(e·t/m) + C)/t)`, from t ≥ m on, with `C = 0.8·ln(1612/α)` unless given.
    package static func width(
        count: Double, from start: Double, alpha: Double, constant: Double? = nil
    ) -> Double? {
        guard start >= 1, count >= start else { return nil }
        let iterated = log(1 + log(count / start))
        return 0.85
            * ((iterated + (constant ?? 0.8 * log(1612 / alpha))) / count).squareRoot()
    }
}
