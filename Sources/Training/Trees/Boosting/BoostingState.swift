// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Every row's margins and gradients while trees are added.
struct BoostingState {
    /// Fixed, so that sums over blocks do not depend on the number of threads.
    private static let blockLength = 1 << 12

    let objective: BoostingObjective
    let rowCount: Int
    private let answers: BoostingAnswers
    /// Of each class; empty where all weigh the same.
    private let weights: [Double]
    private let workers: Workers
    /// Margin-major.
    private let margins: Cells<Double>
    private let pairs: Cells<GradientPair>
    private(set) var units = GradientUnits(gradientMax: 1, hessianMax: 1)

    init(
        _ objective: BoostingObjective, answers: BoostingAnswers, weights: [Double],
        start: [Double], workers: Workers
    ) {
        self.objective = objective
        self.answers = answers
        self.weights = weights
        self.workers = workers
        rowCount = answers.count
        margins = Cells(repeating: 0, count: rowCount * start.count)
        pairs = Cells(repeating: .zero, count: rowCount * start.count)
        for (index, margin) in start.enumerated() {
            (margins.start + index * rowCount).update(repeating: margin, count: rowCount)
        }
    }

    /// The rows' pairs of one margin.
    func pairs(_ margin: Int) -> UnsafePointer<GradientPair> {
        UnsafePointer(pairs.start + margin * rowCount)
    }

    func residual(_ row: Int) -> Double { answers[row] - margins[row] }

    func add(_ value: Double, margin: Int, row: Int) {
        margins.start[margin * rowCount + row] += value
    }

    /// Computes all gradients at the margins as they are.
    ///
    /// - Throws: `unsuitable` where they are not finite.
    mutating func differentiate() throws(TrainingError) {
        let heaviest = weights.max() ?? 1
        switch objective {
        case .logistic:
            units = GradientUnits(gradientMax: heaviest, hessianMax: heaviest / 4)
            differentiate(.logistic)
        case .softmax(let count):
            let factor = BoostingObjective.softmaxFactor(count)
            units = GradientUnits(gradientMax: heaviest, hessianMax: heaviest * factor / 4)
            workers.perform(blocksOf: Self.blockLength, of: rowCount) { _, rows in
                differentiateSoftmax(rows, count, factor)
            }
        case .absolute, .quantile:
            units = GradientUnits(gradientMax: 1, hessianMax: 1)
            differentiate(objective)
        case .squared, .poisson:
            // Without a bound on the gradients their range is found first.
            let largest = largestDerivatives()
            guard largest.0.isFinite, largest.1.isFinite else { throw .diverged }
            units = GradientUnits(gradientMax: largest.0, hessianMax: largest.1)
            differentiate(objective)
        }
    }

    /// - Parameter objective: said once more, so that it is a constant in the loop.
    @inline(__always)
    private func differentiate(_ objective: BoostingObjective) {
        let (margins, pairs, units) = (margins.start, pairs.start, units)
        workers.perform(blocksOf: Self.blockLength, of: rowCount) { _, rows in
            for row in rows {
                var (gradient, hessian) = objective.derivatives(margins[row], answers[row])
                if !weights.isEmpty {
                    let weight = weights[Int(answers[row])]
                    (gradient, hessian) = (gradient * weight, hessian * weight)
                }
                pairs[row] = units.pair(gradient, hessian)
            }
        }
    }

    private func differentiateSoftmax(_ rows: Range<Int>, _ count: Int, _ factor: Double) {
        let (margins, pairs) = (margins.start, pairs.start)
        var terms = [Double](repeating: 0, count: count)
        for row in rows {
            var largest = margins[row]
            for index in 1..<count { largest = max(largest, margins[index * rowCount + row]) }
            var sum = 0.0
            for index in 0..<count {
                terms[index] = exp(margins[index * rowCount + row] - largest)
                sum += terms[index]
            }
            let own = Int(answers[row])
            let weight = weights.isEmpty ? 1 : weights[own]
            for index in 0..<count {
                let probability = terms[index] / sum
                pairs[index * rowCount + row] = units.pair(
                    weight * (probability - (index == own ? 1 : 0)),
                    weight * factor * probability * (1 - probability))
            }
        }
    }

    private func largestDerivatives() -> (Double, Double) {
        var largest = [SIMD2<Double>](
            repeating: .zero, count: (rowCount + Self.blockLength - 1) / Self.blockLength)
        largest.withUnsafeMutableBufferPointer { largest in
            workers.perform(blocksOf: Self.blockLength, of: rowCount) { block, rows in
                for row in rows {
                    let (gradient, hessian) = objective.derivatives(
                        margins.start[row], answers[row])
                    // In this order what is no number counts as infinite.
                    largest[block].x = max(largest[block].x, min(.infinity, gradient.magnitude))
                    largest[block].y = max(largest[block].y, min(.infinity, hessian))
                }
            }
        }
        return largest.reduce((0, 0)) { (max($0.0, $1.x), max($0.1, $1.y)) }
    }

    /// The weighted mean loss of some rows.
    ///
    /// - Parameter rows: `nil` for all.
    /// - Throws: `unsuitable` where it is not finite.
    func meanLoss(_ rows: [UInt32]?) throws(TrainingError) -> Double {
        let count = rows?.count ?? rowCount
        let blockCount = (count + Self.blockLength - 1) / Self.blockLength
        var sums = [SIMD2<Double>](repeating: .zero, count: blockCount)
        sums.withUnsafeMutableBufferPointer { sums in
            workers.perform(blocksOf: Self.blockLength, of: count) { block, part in
                var sum = SIMD2<Double>.zero
                for index in part {
                    let row = rows.map { Int($0[index]) } ?? index
                    let answer = answers[row]
                    let weight = weights.isEmpty ? 1 : weights[Int(answer)]
                    let loss = objective.loss(
                        margins.start + row, stride: rowCount, answer)
                    sum += SIMD2(weight * loss, weight)
                }
                sums[block] = sum
            }
        }
        let sum = sums.reduce(.zero, +)
        let mean = sum.x / sum.y
        guard mean.isFinite else { throw .diverged }
        return mean
    }
}

extension TrainingError {
    /// Boosting that went where numbers end.
    static let diverged = TrainingError.unsuitable(
        "the loss is not finite; a smaller --learning-rate helps, or answers and weights closer "
            + "to 1")
}
