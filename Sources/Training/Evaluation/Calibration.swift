// SPDX-License-Identifier: Apache-2.0
import Glibc
package import Models

/// How margins are made probabilities that come true: a link learnt on rows held out.
package enum Calibration: String, CaseIterable, Sendable {
    /// A logistic curve of the margin: J. Platt, "Probabilistic outputs for support vector
    /// machines" (1999), with its softened targets, by H. Lin, C. Lin, R. Weng's Newton (2007).
    case platt
    /// The best curve that never falls, by pooling adjacent violators. Wants some 1,000 rows.
    case isotonic

    /// - Parameter labels: 0 or 1, one for each margin.
    /// - Returns: `nil` where a label does not occur, or margins are not finite.
    func link(_ margins: [Double], _ labels: [Int32]) -> Link? {
        let positives = labels.count { $0 == 1 }
        guard positives > 0, positives < labels.count, margins.allSatisfy(\.isFinite) else {
            return nil
        }
        switch self {
        case .platt: return Self.platt(margins, labels, positives)
        case .isotonic: return Self.isotonic(margins, labels).map { .isotonic($0) }
        }
    }

    private static func platt(
        _ margins: [Double], _ labels: [Int32], _ positives: Int
    ) -> Link {
        let negatives = labels.count - positives
        let high = Double(positives + 1) / Double(positives + 2)
        let low = 1 / Double(negatives + 2)
        let targets = labels.map { $0 == 1 ? high : low }
        func loss(_ slope: Double, _ intercept: Double) -> Double {
            var sum = 0.0
            for (margin, target) in zip(margins, targets) {
                let score = slope * margin + intercept
                sum += max(score, 0) + log1p(exp(-abs(score))) - target * score
            }
            return sum
        }
        var (slope, intercept) = (0.0, log(Double(positives + 1) / Double(negatives + 1)))
        var value = loss(slope, intercept)
        for _ in 0..<100 {
            // The Hessian is kept from being singular by a little.
            var (g1, g2, h11, h12, h22) = (0.0, 0.0, 1e-12, 0.0, 1e-12)
            for (margin, target) in zip(margins, targets) {
                let probability = 1 / (1 + exp(-(slope * margin + intercept)))
                let (residual, weight) = (probability - target, probability * (1 - probability))
                g1 += residual * margin
                g2 += residual
                h11 += weight * margin * margin
                h12 += weight * margin
                h22 += weight
            }
            let determinant = h11 * h22 - h12 * h12
            let step1 = -(h22 * g1 - h12 * g2) / determinant
            let step2 = -(h11 * g2 - h12 * g1) / determinant
            let promise = -(g1 * step1 + g2 * step2)
            guard promise > 1e-12 * (1 + value) else { break }
            var length = 1.0
            var next = loss(slope + step1, intercept + step2)
            while next > value - 1e-4 * length * promise, length > 1e-10 {
                length /= 2
                next = loss(slope + length * step1, intercept + length * step2)
            }
            guard next < value else { break }
            (slope, intercept, value) = (slope + length * step1, intercept + length * step2, next)
        }
        return .logistic(slope: slope, intercept: intercept)
    }

    /// The curve through the pools' mean margins and shares.
    private static func isotonic(_ margins: [Double], _ labels: [Int32]) -> IsotonicCurve? {
        struct Pool {
            var first: Double
            var last: Double
            var hits: Double
            var count: Double
            var share: Double { hits / count }
        }
        var pools: [Pool] = []
        for row in margins.indices.sorted(by: { margins[$0] < margins[$1] }) {
            let hit = labels[row] == 1 ? 1.0 : 0
            if let last = pools.last, last.last == margins[row] {
                pools[pools.count - 1].hits += hit
                pools[pools.count - 1].count += 1
            } else {
                pools.append(Pool(first: margins[row], last: margins[row], hits: hit, count: 1))
            }
        }
        var merged: [Pool] = []
        for pool in pools {
            merged.append(pool)
            while merged.count > 1, merged[merged.count - 2].share >= merged[merged.count - 1].share
            {
                let last = merged.removeLast()
                merged[merged.count - 1].hits += last.hits
                merged[merged.count - 1].count += last.count
                merged[merged.count - 1].last = last.last
            }
        }
        // A pool is level from its first margin to its last.
        var (places, shares) = ([Double](), [Double]())
        for pool in merged {
            for place in pool.first < pool.last ? [pool.first, pool.last] : [pool.first] {
                places.append(place)
                shares.append(pool.share)
            }
        }
        return IsotonicCurve(margins: places, values: shares)
    }
}
