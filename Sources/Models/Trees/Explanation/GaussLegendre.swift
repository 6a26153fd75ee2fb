// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A quadrature rule on 0...1 that is exact for polynomials of degree `2 · count - 1`.
struct GaussLegendre: Sendable {
    /// Rising, strictly between 0 and 1.
    private(set) var points: [Double] = []
    private(set) var weights: [Double] = []

    init(count: Int) {
        // The roots of the Legendre polynomial by Newton's method, from Tricomi's estimate.
        for index in (0..<count).reversed() {
            var root = cos(Double.pi * (Double(index) + 0.75) / (Double(count) + 0.5))
            var slope = 0.0
            for _ in 0..<16 {
                let (value, derivative) = Self.legendre(count, root)
                slope = derivative
                let step = value / derivative
                root -= step
                if abs(step) <= 1e-16 { break }
            }
            slope = Self.legendre(count, root).derivative
            points.append((1 + root) / 2)
            weights.append(1 / ((1 - root * root) * slope * slope))
        }
    }

    private static func legendre(
        _ degree: Int, _ x: Double
    ) -> (value: Double, derivative: Double) {
        var before = 1.0
        var value = x
        for order in stride(from: 2, through: degree, by: 1) {
            let n = Double(order)
            (before, value) = (value, ((2 * n - 1) * x * value - (n - 1) * before) / n)
        }
        return (value, Double(degree) * (x * value - before) / (x * x - 1))
    }
}
