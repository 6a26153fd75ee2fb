// SPDX-License-Identifier: Apache-2.0

/// The factor `L` of a symmetric positive definite matrix `A = L Lᵀ`.
struct Cholesky: Sendable {
    private let order: Int
    /// Row-major; the part above the diagonal is not used.
    private let factor: [Double]

    /// Reads the lower triangle. A pivot that rounding made too small is raised, which is harmless
    /// in a preconditioner.
    init(_ matrix: [Double], order: Int) {
        self.order = order
        var factor = matrix
        factor.withUnsafeMutableBufferPointer { l in
            for row in 0..<order {
                let diagonal = l[row * order + row]
                for column in 0...row {
                    var sum = l[row * order + column]
                    for k in 0..<column { sum -= l[row * order + k] * l[column * order + k] }
                    if column < row {
                        l[row * order + column] = sum / l[column * order + column]
                    } else {
                        let least = max(diagonal.magnitude * 1e-13, .leastNormalMagnitude)
                        l[row * order + row] = max(sum, least).squareRoot()
                    }
                }
            }
        }
        self.factor = factor
    }

    /// Solves `A x = b`.
    func solve(_ right: [Double]) -> [Double] {
        var x = right
        for row in 0..<order {
            for k in 0..<row { x[row] -= factor[row * order + k] * x[k] }
            x[row] /= factor[row * order + row]
        }
        for row in (0..<order).reversed() {
            x[row] /= factor[row * order + row]
            for k in 0..<row { x[k] -= factor[row * order + k] * x[row] }
        }
        return x
    }
}
