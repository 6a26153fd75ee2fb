// SPDX-License-Identifier: Apache-2.0

/// `penalty/2 · ‖w‖² + scale · Σ weight · loss` over the rows of a design matrix; intercepts are
/// free.
///
/// Parameters are column-major with the outputs adjacent: column `c`, output `k` is
/// `c * outputCount + k`, the intercepts last.
struct LinearObjective: Sendable {
    let design: DesignMatrix
    let answers: [Double]
    let loss: LinearLoss
    let outputCount: Int
    let penalty: Double
    let scale: Double
    /// One for each label; none where all rows weigh 1.
    var labelWeights: [Double] = []

    func weight(row: Int) -> Double {
        labelWeights.isEmpty ? 1 : labelWeights[Int(answers[row])]
    }

    var parameterCount: Int { design.columnCount * outputCount }
    /// Where the intercepts begin.
    var penalisedCount: Int { parameterCount - outputCount }

    /// The objective at a point, with all that its derivatives need.
    struct Evaluation: Sendable {
        let value: Double
        let gradient: [Double]
        /// For each block its rows' curvature, outputs adjacent; weighted, but for softmax.
        let curvature: [[Double]]
    }

    private struct Part: Sendable {
        var loss = 0.0
        var gradient: [Double]
        var curvature: [Double]
    }

    var blocks: RowBlocks {
        RowBlocks(rowCount: design.rowCount, resultByteCount: parameterCount * 8)
    }

    func evaluate(_ parameters: [Double]) -> Evaluation {
        let parts = blocks.map { _, rows in part(parameters, rows) }
        var value = 0.0
        var gradient = [Double](repeating: 0, count: parameterCount)
        for part in parts {
            value += part.loss
            for index in gradient.indices { gradient[index] += part.gradient[index] }
        }
        value *= scale
        var squares = 0.0
        for index in gradient.indices { gradient[index] *= scale }
        for index in 0..<penalisedCount {
            squares += parameters[index] * parameters[index]
            gradient[index] += penalty * parameters[index]
        }
        return Evaluation(
            value: value + 0.5 * penalty * squares, gradient: gradient,
            curvature: parts.map(\.curvature))
    }

    private func part(_ parameters: [Double], _ rows: Range<Int>) -> Part {
        var part = Part(
            gradient: [Double](repeating: 0, count: parameterCount),
            curvature: [Double](repeating: 0, count: rows.count * outputCount))
        var margins = [Double](repeating: 0, count: outputCount)
        parameters.withUnsafeBufferPointer { parameters in
            part.gradient.withUnsafeMutableBufferPointer { gradient in
                part.curvature.withUnsafeMutableBufferPointer { curvature in
                    margins.withUnsafeMutableBufferPointer { margins in
                        var sum = 0.0
                        for row in rows {
                            design.multiply(row, parameters, outputCount, into: margins)
                            let start = (row - rows.lowerBound) * outputCount
                            let own = UnsafeMutableBufferPointer(
                                rebasing: curvature[start..<(start + outputCount)])
                            let weight = weight(row: row)
                            sum += weight * loss.evaluate(margins, answers[row], own)
                            if weight != 1 {
                                for k in 0..<outputCount { margins[k] *= weight }
                                if loss != .softmax { own[0] *= weight }
                            }
                            design.add(row, margins, outputCount, to: gradient)
                        }
                        part.loss = sum
                    }
                }
            }
        }
        return part
    }

    /// The Hessian at the evaluated point times a direction.
    func hessianProduct(_ direction: [Double], at point: Evaluation) -> [Double] {
        let parts = blocks.map { index, rows in
            productPart(direction, point.curvature[index], rows)
        }
        var product = [Double](repeating: 0, count: parameterCount)
        for part in parts { for index in product.indices { product[index] += part[index] } }
        for index in product.indices { product[index] *= scale }
        for index in 0..<penalisedCount { product[index] += penalty * direction[index] }
        return product
    }

    private func productPart(
        _ direction: [Double], _ curvature: [Double], _ rows: Range<Int>
    ) -> [Double] {
        var product = [Double](repeating: 0, count: parameterCount)
        var slopes = [Double](repeating: 0, count: outputCount)
        let isSoftmax = loss == .softmax
        direction.withUnsafeBufferPointer { direction in
            product.withUnsafeMutableBufferPointer { product in
                slopes.withUnsafeMutableBufferPointer { slopes in
                    for row in rows {
                        design.multiply(row, direction, outputCount, into: slopes)
                        let start = (row - rows.lowerBound) * outputCount
                        var mean = 0.0
                        if isSoftmax {
                            for k in 0..<outputCount { mean += curvature[start + k] * slopes[k] }
                        }
                        let weight = isSoftmax ? weight(row: row) : 1
                        for k in 0..<outputCount {
                            slopes[k] = weight * curvature[start + k] * (slopes[k] - mean)
                        }
                        design.add(row, slopes, outputCount, to: product)
                    }
                }
            }
        }
        return product
    }
}

extension DesignMatrix {
    /// A row times a parameter matrix: one sum for each output.
    @inline(__always)
    fileprivate func multiply(
        _ row: Int, _ parameters: UnsafeBufferPointer<Double>, _ outputCount: Int,
        into sums: UnsafeMutableBufferPointer<Double>
    ) {
        let entries = entries(row)
        if outputCount == 1 {
            var sum = 0.0
            for entry in entries {
                sum += values[entry] * parameters[Int(columns[entry])]
            }
            sums[0] = sum
            return
        }
        for k in 0..<outputCount { sums[k] = 0 }
        for entry in entries {
            let value = values[entry]
            let first = Int(columns[entry]) * outputCount
            for k in 0..<outputCount { sums[k] += value * parameters[first + k] }
        }
    }

    /// Adds the outer product of a row and a vector over outputs.
    @inline(__always)
    fileprivate func add(
        _ row: Int, _ vector: UnsafeMutableBufferPointer<Double>, _ outputCount: Int,
        to sums: UnsafeMutableBufferPointer<Double>
    ) {
        let entries = entries(row)
        for entry in entries {
            let value = values[entry]
            let first = Int(columns[entry]) * outputCount
            for k in 0..<outputCount { sums[first + k] += value * vector[k] }
        }
    }
}
