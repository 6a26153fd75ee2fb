// SPDX-License-Identifier: Apache-2.0

/// Newton's method with conjugate gradients, preconditioned by the Hessian's blocks.
///
/// J. Nocedal, S. Wright, "Numerical Optimization", 2nd edition, algorithm 7.1. The end is told by
/// the Newton decrement, which estimates the distance to the optimum: it stops after a step from
/// within `tolerance` of it, and convergence being quadratic lands far closer.
struct NewtonSolver {
    struct Solution: Sendable {
        let parameters: [Double]
        let objective: Double
        let iterationCount: Int
    }

    /// Relative to the objective; where rows are met exactly, to what is left by rounding.
    var tolerance = 1e-11
    var iterationCountMax = 100
    private static let conjugateStepCountMax = 500
    private static let halvingCountMax = 40

    /// - Parameter progress: told each iteration's number and objective.
    func minimise(
        _ objective: LinearObjective, progress: LearningProgress
    ) throws(TrainingError) -> Solution {
        var parameters = [Double](repeating: 0, count: objective.parameterCount)
        var point = objective.evaluate(parameters)
        let least = max(point.value * 1e-16, .leastNormalMagnitude)
        var firstDecrement = 0.0
        var gap = Double.infinity
        for iteration in 1...iterationCountMax {
            let preconditioner = HessianBlocks(objective, at: point)
            let preconditioned = preconditioner.apply(point.gradient)
            let estimate = Self.dot(point.gradient, preconditioned)
            if iteration == 1 { firstDecrement = estimate }
            guard estimate.isFinite, point.value.isFinite else {
                throw .unsuitable(
                    "the objective is not finite; a stronger penalty (smaller --C, larger "
                        + "--alpha), or numbers nearer to 1, help")
            }
            guard estimate > 0 else {
                return Solution(
                    parameters: parameters, objective: point.value, iterationCount: iteration)
            }
            // Loose far from the optimum, tight near it: superlinear convergence (theorem 7.2).
            let forcing = min(0.1, (estimate / firstDecrement).squareRoot().squareRoot())
            let direction = Self.direction(objective, point, preconditioner, forcing)
            let slope = Self.dot(point.gradient, direction)
            let next = Self.search(objective, parameters, point, direction, slope)
            gap = -slope / 2 / max(point.value.magnitude, least)
            guard let next else {
                // No step lowers the objective: either rounding is reached, or something is wrong.
                if gap <= 1e-8 {
                    return Solution(
                        parameters: parameters, objective: point.value, iterationCount: iteration)
                }
                throw .notConverged(iterations: iteration, gap: gap)
            }
            (parameters, point) = next
            try progress(iteration, point.value)
            if gap <= tolerance {
                return Solution(
                    parameters: parameters, objective: point.value, iterationCount: iteration)
            }
        }
        throw .notConverged(iterations: iterationCountMax, gap: gap)
    }

    /// An approximate solution of `H d = -g`, the Hessian damped.
    private static func direction(
        _ objective: LinearObjective, _ point: LinearObjective.Evaluation,
        _ preconditioner: HessianBlocks, _ forcing: Double
    ) -> [Double] {
        var direction = [Double](repeating: 0, count: point.gradient.count)
        var residual = point.gradient
        var preconditioned = preconditioner.apply(residual)
        var search = preconditioned.map { -$0 }
        var product = dot(residual, preconditioned)
        let target = product * forcing * forcing
        for _ in 0..<conjugateStepCountMax {
            var image = objective.hessianProduct(search, at: point)
            for index in 0..<objective.penalisedCount {
                image[index] += preconditioner.damping * search[index]
            }
            let curvature = dot(search, image)
            guard curvature > 0 else { break }
            let step = product / curvature
            for index in direction.indices {
                direction[index] += step * search[index]
                residual[index] += step * image[index]
            }
            preconditioned = preconditioner.apply(residual)
            let next = dot(residual, preconditioned)
            if !(next > target) { break }
            let ratio = next / product
            for index in search.indices {
                search[index] = ratio * search[index] - preconditioned[index]
            }
            product = next
        }
        return direction
    }

    /// Armijo's rule: halves the step until the objective falls by a part of what its slope says,
    /// as far as its rounding lets that be seen.
    private static func search(
        _ objective: LinearObjective, _ parameters: [Double], _ point: LinearObjective.Evaluation,
        _ direction: [Double], _ slope: Double
    ) -> ([Double], LinearObjective.Evaluation)? {
        var length = 1.0
        let rounding = 4 * point.value.magnitude * Double.ulpOfOne
        for _ in 0..<halvingCountMax {
            var trial = parameters
            for index in trial.indices { trial[index] += length * direction[index] }
            let evaluation = objective.evaluate(trial)
            if evaluation.value <= point.value + 1e-4 * length * slope + rounding {
                return (trial, evaluation)
            }
            length /= 2
        }
        return nil
    }

    private static func dot(_ left: [Double], _ right: [Double]) -> Double {
        var sum = 0.0
        for index in left.indices { sum += left[index] * right[index] }
        return sum
    }
}
