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

    /// Numbers beyond what is representable, and those that are none, become the largest.
    @inline(__always)
    func pair(_ gradient: Double, _ hessian: Double) -> GradientPair {
        GradientPair(
            Self.clamped(gradient / self.gradient), Self.clamped(hessian / self.hessian))
    }

    @inline(__always)
    private static func clamped(_ units: Double) -> Int32 {
        // In this order a comparison with what is no number is false.
        let low = units < 0x1p30 ? units : 0x1p30
        return Int32((low > -0x1p30 ? low : -0x1p30).rounded())
    }

    @inline(__always)
    func values(_ sum: GradientSum) -> (gradient: Double, hessian: Double) {
        (Double(sum.x) * gradient, Double(sum.y) * hessian)
    }
}
