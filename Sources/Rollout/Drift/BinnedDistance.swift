// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How far the counts of a window are from a reference's, bin by bin.
///
/// Half an event is added to every bin of both before shares are taken, so that an empty bin is
/// rare and not impossible; the Kolmogorov distance takes the counts as they are.
package struct BinnedDistance: Equatable, Sendable {
    package let bins: Int
    /// n, the window's events, and m, the reference's.
    package let windowCount: Double
    package let referenceCount: Double
    /// The population stability index: the sum of both Kullback–Leibler divergences, in nats.
    package let stabilityIndex: Double
    /// The square root of the Jensen–Shannon divergence in nats.
    package let jensenShannon: Double
    /// The largest difference of cumulative shares: Kolmogorov–Smirnov's on bins.
    package let kolmogorov: Double

    /// `nil` unless both have the same two or more bins, and events.
    package init?(window: [UInt64], reference: [UInt64]) {
        guard window.count == reference.count, window.count >= 2 else { return nil }
        let n = window.reduce(0.0) { $0 + Double($1) }
        let m = reference.reduce(0.0) { $0 + Double($1) }
        guard n > 0, m > 0 else { return nil }
        let smoothing = Double(window.count) / 2
        let p = window.map { (Double($0) + 0.5) / (n + smoothing) }
        let q = reference.map { (Double($0) + 0.5) / (m + smoothing) }
        bins = window.count
        windowCount = n
        referenceCount = m
        stabilityIndex = Self.stabilityIndex(p, q)
        jensenShannon = Self.jensenShannon(p, q)
        var gap = 0.0
        var largest = 0.0
        for (left, right) in zip(window, reference) {
            gap += Double(left) / n - Double(right) / m
            largest = max(largest, abs(gap))
        }
        kolmogorov = largest
    }

    /// In base 2, so that it lies within 0 and 1.
    package var jensenShannonBinary: Double { jensenShannon / log(2.0).squareRoot() }

    /// The index less what chance alone gives it, `(B−1)(1/n+1/m)`: the same number means the same
    /// shift at every window size.
    package var correctedIndex: Double {
        stabilityIndex - Double(bins - 1) * (1 / windowCount + 1 / referenceCount)
    }

    /// The probability of as large an index without drift: `PSI·nm/(n+m)` is nearly χ² of B−1.
    package var probability: Double {
        ChiSquare.survival(
            stabilityIndex * windowCount * referenceCount / (windowCount + referenceCount),
            freedom: bins - 1)
    }

    /// Of shares that sum to one, none of them zero.
    static func stabilityIndex(_ p: [Double], _ q: [Double]) -> Double {
        zip(p, q).reduce(0) { $0 + ($1.0 - $1.1) * log($1.0 / $1.1) }
    }

    static func jensenShannon(_ p: [Double], _ q: [Double]) -> Double {
        let divergence = zip(p, q).reduce(0.0) { sum, pair in
            let middle = (pair.0 + pair.1) / 2
            return sum + (pair.0 * log(pair.0 / middle) + pair.1 * log(pair.1 / middle)) / 2
        }
        return max(0, divergence).squareRoot()
    }
}

/// The chi-square distribution's upper tail for whole degrees of freedom: Abramowitz and Stegun
/// 26.4.4 and 26.4.5, sums of positive terms.
package enum ChiSquare {
    /// - Complexity: O(*freedom*).
    package static func survival(_ value: Double, freedom: Int) -> Double {
        guard freedom >= 1, value > 0 else { return 1 }
        let half = value / 2
        let isOdd = !freedom.isMultiple(of: 2)
        // The first terms of a = 1/2 and a = 1, then `Q(a+1) = Q(a) + x^a e^−x / Γ(a+1)`.
        var sum = isOdd ? erfc(half.squareRoot()) : exp(-half)
        var order = isOdd ? 0.5 : 1.0
        var term = isOdd ? exp(-half) * (half / Double.pi).squareRoot() * 2 : exp(-half) * half
        while order < Double(freedom) / 2 {
            sum += term
            order += 1
            term *= half / order
        }
        return min(1, sum)
    }
}
