// SPDX-License-Identifier: Apache-2.0

/// Minimises a smooth objective plus `lasso · Σ |w|` over weights; intercepts are free.
///
/// Proximal Newton: J. Lee, Y. Sun, M. Saunders, "Proximal Newton-type methods for minimizing
/// composite functions" (2014). Each step minimises the second-order model with the L1 norm by
/// coordinate descent (`CoordinateDescent`), then goes along it by Armijo's rule. A squared loss is
/// its own model, and one step does.
struct ProximalNewtonSolver {
    /// Relative to the objective: the end is a step whose model promises less.
    var tolerance = 1e-10
    var iterationCountMax = 200
    private static let halvingCountMax = 40

    /// - Parameters:
    ///   - lasso: the weight of the L1 norm.
    ///   - progress: told each iteration's number and objective.
    func minimise(
        _ objective: LinearObjective, lasso: Double, progress: LearningProgress
    ) throws(TrainingError) -> NewtonSolver.Solution {
        let columns = SparseColumns(objective.design)
        let penalised = 0..<objective.penalisedCount
        func norm(_ parameters: [Double]) -> Double {
            lasso * penalised.reduce(0) { $0 + abs(parameters[$1]) }
        }
        var parameters = [Double](repeating: 0, count: objective.parameterCount)
        var point = objective.evaluate(parameters)
        var gap = Double.infinity
        for iteration in 1...iterationCountMax {
            var descent = CoordinateDescent(
                objective, columns, at: point, from: parameters, lasso: lasso)
            let promise = descent.run(precision: objective.loss == .squared ? 1e-9 : 1e-2)
            let value = point.value + norm(parameters)
            gap = promise / max(value.magnitude, .leastNormalMagnitude)
            let direction = descent.direction
            var length = 1.0
            var next: ([Double], LinearObjective.Evaluation)?
            for _ in 0..<Self.halvingCountMax where next == nil {
                var trial = parameters
                for index in trial.indices { trial[index] += length * direction[index] }
                let evaluation = objective.evaluate(trial)
                if evaluation.value + norm(trial) <= value - 1e-4 * length * promise {
                    next = (trial, evaluation)
                }
                length /= 2
            }
            guard let next else {
                // No step lowers the objective: either rounding is reached, or something is wrong.
                guard gap <= 1e-8 else { throw .notConverged(iterations: iteration, gap: gap) }
                return .init(parameters: parameters, objective: value, iterationCount: iteration)
            }
            (parameters, point) = next
            try progress(iteration, point.value + norm(parameters))
            if gap <= tolerance {
                return .init(
                    parameters: parameters, objective: point.value + norm(parameters),
                    iterationCount: iteration)
            }
        }
        throw .notConverged(iterations: iterationCountMax, gap: gap)
    }
}
