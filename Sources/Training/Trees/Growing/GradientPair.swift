// SPDX-License-Identifier: Apache-2.0

/// A row's gradient and hessian as multiples of fixed units.
///
/// Sums of integers are exact and the same in any order: histograms, and so trees, do not depend on
/// the number of threads.
typealias GradientPair = SIMD2<Int32>

/// A sum of pairs; room for 2³³ of them.
typealias GradientSum = SIMD2<Int64>

/// What one of a pair's integers stands for: powers of two, so that scaling rounds nothing.
struct GradientUnits: Equatable {
    let gradient: Double
    let hessian: Double

    /// - Parameters: the largest magnitudes that are to be representable.
    init(gradientMax: Double, hessianMax: Double) {
        gradient = Self.unit(gradientMax)
        hessian = Self.unit(hessianMax)
    }

    private static func unit(_ largest: Double) -> Double {
        guard largest > 0, largest.isFinite else { return 1 }
        // 2^30 units and more than the largest.
        return Double(sign: .plus, exponent: largest.exponent + 1 - 30, significand: 1)
    }

    @inline(__always)
    func pair(_ gradient: Double, _ hessian: Double) -> GradientPair {
        GradientPair(
            Int32((gradient / self.gradient).rounded()), Int32((hessian / self.hessian).rounded()))
    }

    @inline(__always)
    func values(_ sum: GradientSum) -> (gradient: Double, hessian: Double) {
        (Double(sum.x) * gradient, Double(sum.y) * hessian)
    }
}
