// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A row's loss as a function of its margins.
enum LinearLoss: Equatable, Sendable {
    /// `(margin - y)² / 2`.
    case squared
    /// `log(1 + exp(margin)) - y·margin`, `y` 0 or 1.
    case logistic
    /// `log Σ exp(margins) - margins[y]`.
    case softmax

    /// The loss; `margins` become its gradient, `curvature` what the Hessian needs: the second
    /// derivative, or for softmax the probabilities.
    @inline(__always)
    func evaluate(
        _ margins: UnsafeMutableBufferPointer<Double>, _ answer: Double,
        _ curvature: UnsafeMutableBufferPointer<Double>
    ) -> Double {
        switch self {
        case .squared:
            let residual = margins[0] - answer
            margins[0] = residual
            curvature[0] = 1
            return 0.5 * residual * residual
        case .logistic:
            let margin = margins[0]
            let small = exp(-abs(margin))
            let probability = margin >= 0 ? 1 / (1 + small) : small / (1 + small)
            margins[0] = probability - answer
            curvature[0] = small / ((1 + small) * (1 + small))
            return max(margin, 0) + log1p(small) - answer * margin
        case .softmax:
            var largest = -Double.infinity
            for margin in margins { largest = max(largest, margin) }
            let own = Int(answer)
            let ownMargin = margins[own] - largest
            var sum = 0.0
            for index in margins.indices {
                margins[index] = exp(margins[index] - largest)
                sum += margins[index]
            }
            for index in margins.indices {
                margins[index] /= sum
                curvature[index] = margins[index]
            }
            margins[own] -= 1
            return log(sum) - ownMargin
        }
    }
}
