// SPDX-License-Identifier: Apache-2.0

/// The Hessian's diagonal blocks, one for each output, as a preconditioner.
///
/// With one output the block is the Hessian, and conjugate gradients need a single step. Where the
/// blocks would be too large their diagonals serve.
struct HessianBlocks: Sendable {
    private enum Form {
        case factors([Cholesky])
        case diagonal([Double])
    }

    private static let orderMax = 1536
    private static let entryCountMax = 1 << 23

    /// What the Newton step adds to the diagonal, but for intercepts. Without a penalty the Hessian
    /// is singular as soon as there is a category, whose columns sum to the intercept's; the
    /// objective is not damped, and steps go on to its own minimum.
    let damping: Double
    private let form: Form
    private let outputCount: Int
    /// Softmax does not change when all outputs get the same: directions along that are projected
    /// out, which keeps the steps where the objective curves.
    private let isShiftInvariant: Bool

    init(_ objective: LinearObjective, at point: LinearObjective.Evaluation) {
        let outputCount = objective.outputCount
        self.outputCount = outputCount
        isShiftInvariant = objective.loss == .softmax
        let order = objective.design.columnCount
        let entryCount = order.multipliedReportingOverflow(by: order * outputCount)
        let isFull =
            order <= Self.orderMax && !entryCount.overflow
            && entryCount.partialValue <= Self.entryCountMax
        if isFull {
            let sums = objective.blockSums(point).map { $0 * objective.scale }
            let diagonal = stride(from: 0, to: order * order, by: order + 1).flatMap { cell in
                sums[(cell * outputCount)..<((cell + 1) * outputCount)]
            }
            let damping = Self.damping(diagonal, objective)
            self.damping = damping
            form = .factors(
                (0..<outputCount).map { output in
                    var matrix = (0..<(order * order)).map { sums[$0 * outputCount + output] }
                    for column in 0..<(order - 1) {
                        matrix[column * order + column] += objective.penalty + damping
                    }
                    return Cholesky(matrix, order: order)
                })
        } else {
            var diagonal = objective.diagonalSums(point).map { $0 * objective.scale }
            damping = Self.damping(diagonal, objective)
            for index in 0..<objective.penalisedCount {
                diagonal[index] += objective.penalty + damping
            }
            form = .diagonal(diagonal.map { max($0, .leastNormalMagnitude) })
        }
    }

    /// So much that inverses do not drown in rounding, where the penalty is not as much already.
    private static func damping(_ diagonal: [Double], _ objective: LinearObjective) -> Double {
        let mean = diagonal.reduce(0, +) / Double(diagonal.count)
        return max(0, 1e-10 * mean - objective.penalty)
    }

    /// The preconditioner applied to a gradient-like vector.
    func apply(_ vector: [Double]) -> [Double] {
        var result = vector
        switch form {
        case .diagonal(let diagonal):
            for index in result.indices { result[index] /= diagonal[index] }
        case .factors(let factors):
            for (output, factor) in factors.enumerated() {
                let indices = stride(from: output, to: vector.count, by: outputCount)
                let solution = factor.solve(indices.map { vector[$0] })
                for (index, value) in zip(indices, solution) { result[index] = value }
            }
        }
        if isShiftInvariant { project(&result) }
        return result
    }

    private func project(_ vector: inout [Double]) {
        for first in stride(from: 0, to: vector.count, by: outputCount) {
            var sum = 0.0
            for k in 0..<outputCount { sum += vector[first + k] }
            let mean = sum / Double(outputCount)
            for k in 0..<outputCount { vector[first + k] -= mean }
        }
    }
}

extension LinearObjective {
    /// A row's second derivative with respect to one margin alone.
    @inline(__always)
    private func secondDerivative(_ curvature: Double, row: Int) -> Double {
        loss == .softmax ? weight(row: row) * curvature * (1 - curvature) : curvature
    }

    /// `Σ h x xᵀ` over rows, lower triangle, outputs adjacent.
    func blockSums(_ point: Evaluation) -> [Double] {
        let order = design.columnCount
        let count = order * order * outputCount
        // The blocks of the evaluation, in as many groups as memory affords.
        let groups = RowBlocks(
            rowCount: blocks.ranges.count, resultByteCount: count * 8, rowCountMin: 4)
        let parts = groups.map { _, members in
            var sums = [Double](repeating: 0, count: count)
            for member in members {
                addBlock(blocks.ranges[member], point.curvature[member], to: &sums)
            }
            return sums
        }
        var sums = [Double](repeating: 0, count: count)
        for part in parts { for index in sums.indices { sums[index] += part[index] } }
        return sums
    }

    private func addBlock(_ rows: Range<Int>, _ curvature: [Double], to sums: inout [Double]) {
        let order = design.columnCount
        var weights = [Double](repeating: 0, count: outputCount)
        sums.withUnsafeMutableBufferPointer { sums in
            for row in rows {
                let first = (row - rows.lowerBound) * outputCount
                for k in 0..<outputCount {
                    weights[k] = secondDerivative(curvature[first + k], row: row)
                }
                let entries = design.entries(row)
                for i in entries {
                    let base = Int(design.columns[i]) * order
                    let value = design.values[i]
                    for j in entries.lowerBound...i {
                        let cell = (base + Int(design.columns[j])) * outputCount
                        let product = value * design.values[j]
                        for k in 0..<outputCount { sums[cell + k] += product * weights[k] }
                    }
                }
            }
        }
    }

    /// `Σ h x²` over rows, outputs adjacent.
    fileprivate func diagonalSums(_ point: Evaluation) -> [Double] {
        let parts = blocks.map { index, rows in
            var sums = [Double](repeating: 0, count: parameterCount)
            for row in rows {
                let first = (row - rows.lowerBound) * outputCount
                for entry in design.entries(row) {
                    let square = design.values[entry] * design.values[entry]
                    let column = Int(design.columns[entry]) * outputCount
                    for k in 0..<outputCount {
                        sums[column + k] +=
                            square
                            * secondDerivative(point.curvature[index][first + k], row: row)
                    }
                }
            }
            return sums
        }
        var sums = [Double](repeating: 0, count: parameterCount)
        for part in parts { for index in sums.indices { sums[index] += part[index] } }
        return sums
    }
}
