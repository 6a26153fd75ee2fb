// SPDX-License-Identifier: Apache-2.0

/// Cyclic coordinate descent on an objective's second-order model plus the L1 norm.
///
/// J. Friedman, T. Hastie, R. Tibshirani, "Regularization paths for generalized linear models via
/// coordinate descent" (2010). With one output and columns that are not too many the Hessian is
/// computed once and a sweep costs its cells (their "covariance updates"). Else none is stored:
/// what the direction does to each row's margins is kept up to date, and a sweep costs the design's
/// entries times the outputs.
struct CoordinateDescent {
    private static let orderMax = 1024
    private static let sweepCountMax = (dense: 100_000, sparse: 1000)

    private let objective: LinearObjective
    private let columns: SparseColumns
    private let parameters: [Double]
    private let gradient: [Double]
    private let lasso: Double
    /// Rows × outputs: `scale · weight · h`; for softmax `h` is the probability.
    private let curvature: [Double]
    /// Softmax alone: the probabilities.
    private let probabilities: [Double]
    /// The model's second derivative along each coordinate.
    private let diagonal: [Double]

    private(set) var direction: [Double]
    /// Without the penalty, order × order; empty where none is stored.
    private let hessian: [Double]
    /// The Hessian times the direction.
    private var image: [Double] = []
    /// Rows × outputs: the margins' change along the direction.
    private var shifts: [Double]
    /// Softmax alone: each row's mean shift under its probabilities.
    private var means: [Double]

    private var isSoftmax: Bool { objective.loss == .softmax }

    init(
        _ objective: LinearObjective, _ columns: SparseColumns,
        at point: LinearObjective.Evaluation, from parameters: [Double], lasso: Double
    ) {
        self.objective = objective
        self.columns = columns
        self.parameters = parameters
        self.lasso = lasso
        gradient = point.gradient
        direction = [Double](repeating: 0, count: parameters.count)
        guard objective.outputCount > 1 || parameters.count > Self.orderMax else {
            (curvature, probabilities, shifts, means) = ([], [], [], [])
            hessian = Self.hessian(objective, at: point)
            image = direction
            diagonal = parameters.indices.map { [hessian] index in
                hessian[index * parameters.count + index]
                    + (index < objective.penalisedCount ? objective.penalty : 0)
            }
            return
        }
        hessian = []
        let outputCount = objective.outputCount
        let flat = point.curvature.flatMap(\.self)
        probabilities = objective.loss == .softmax ? flat : []
        var curvature = flat
        for index in curvature.indices {
            let weight =
                objective.loss == .softmax ? objective.weight(row: index / outputCount) : 1
            curvature[index] *= objective.scale * weight
        }
        self.curvature = curvature
        var diagonal = [Double](repeating: 0, count: parameters.count)
        for column in 0..<objective.design.columnCount {
            for entry in columns.starts[column]..<columns.starts[column + 1] {
                let square = columns.values[entry] * columns.values[entry]
                let first = Int(columns.rows[entry]) * outputCount
                for k in 0..<outputCount {
                    let own = curvature[first + k]
                    let second = probabilities.isEmpty ? own : own * (1 - probabilities[first + k])
                    diagonal[column * outputCount + k] += square * second
                }
            }
        }
        for index in 0..<objective.penalisedCount { diagonal[index] += objective.penalty }
        self.diagonal = diagonal
        shifts = [Double](repeating: 0, count: objective.design.rowCount * outputCount)
        means = [Double](repeating: 0, count: probabilities.isEmpty ? 0 : objective.design.rowCount)
    }

    private static func hessian(
        _ objective: LinearObjective, at point: LinearObjective.Evaluation
    ) -> [Double] {
        let order = objective.parameterCount
        var matrix = objective.blockSums(point)
        for row in 0..<order {
            for column in 0...row {
                matrix[row * order + column] *= objective.scale
                matrix[column * order + row] = matrix[row * order + column]
            }
        }
        return matrix
    }

    /// Sweeps until one lowers the model by less than `precision` of what all have.
    ///
    /// - Returns: by how much at least the direction lowers the model.
    mutating func run(precision: Double) -> Double {
        var total = 0.0
        let isDense = !hessian.isEmpty
        // Sweeps over the Hessian cost so little that the model may be minimised for good.
        let precision = isDense ? precision * 1e-6 : precision
        for _ in 0..<(isDense ? Self.sweepCountMax.dense : Self.sweepCountMax.sparse) {
            let gain = sweep()
            total += gain
            if gain <= precision * total { break }
        }
        return total
    }

    private mutating func sweep() -> Double {
        var gain = 0.0
        let outputCount = objective.outputCount
        // Intercepts first: the gradient of all others depends on them.
        for column in [objective.design.columnCount - 1] + (0..<objective.design.columnCount - 1) {
            guard columns.starts[column] < columns.starts[column + 1] else { continue }
            for k in 0..<outputCount {
                let index = column * outputCount + k
                guard diagonal[index] > 0 else { continue }
                let isPenalised = index < objective.penalisedCount
                var slope = gradient[index] + slope(column, k)
                if isPenalised { slope += objective.penalty * direction[index] }
                let old = parameters[index] + direction[index]
                var new = old - slope / diagonal[index]
                if isPenalised { new = Self.shrink(new, by: lasso / diagonal[index]) }
                let step = new - old
                guard step != 0 else { continue }
                gain += 0.5 * diagonal[index] * step * step
                direction[index] += step
                shift(column, k, by: step)
            }
        }
        return gain
    }

    /// A row of the model's Hessian, without the penalty, times the direction.
    private func slope(_ column: Int, _ k: Int) -> Double {
        guard hessian.isEmpty else { return image[column] }
        let outputCount = objective.outputCount
        var sum = 0.0
        for entry in columns.starts[column]..<columns.starts[column + 1] {
            let row = Int(columns.rows[entry])
            let cell = row * outputCount + k
            let own = isSoftmax ? shifts[cell] - means[row] : shifts[cell]
            sum += columns.values[entry] * curvature[cell] * own
        }
        return sum
    }

    private mutating func shift(_ column: Int, _ k: Int, by step: Double) {
        guard hessian.isEmpty else {
            let first = column * image.count
            for index in image.indices { image[index] += hessian[first + index] * step }
            return
        }
        let outputCount = objective.outputCount
        for entry in columns.starts[column]..<columns.starts[column + 1] {
            let row = Int(columns.rows[entry])
            let change = columns.values[entry] * step
            shifts[row * outputCount + k] += change
            if isSoftmax { means[row] += probabilities[row * outputCount + k] * change }
        }
    }

    /// Soft thresholding.
    private static func shrink(_ value: Double, by amount: Double) -> Double {
        value > amount ? value - amount : value < -amount ? value + amount : 0
    }
}
