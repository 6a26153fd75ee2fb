// SPDX-License-Identifier: Apache-2.0

/// Labels by Bayes' rule, as if features were independent given the label.
///
/// A number is normal within a label, a category multinomial, and a missing value says nothing. The
/// margins are joint log-likelihoods `log P(label) + Σ log P(value | label)`; for two labels the
/// second's less the first's, which is the log-odds. Terms are added feature by feature, in double.
/// Only arithmetic that IEEE 754 defines to the bit is left for prediction: logarithms were taken
/// in training.
package struct NaiveBayesModel: Equatable, Sendable {
    /// Where a feature's figures begin.
    private enum Block: Equatable, Sendable {
        case number(cell: Int)
        /// One row of the table for each value of the dictionary, and one for any other.
        case category(cell: Int, otherCode: Int)
    }

    /// Figures of the numbers, one after the other, labels adjacent.
    package struct Gaussians: Equatable, Sendable {
        package var means: [Double]
        package var variances: [Double]
        /// `-½ log(2π · variance)`.
        package var logScales: [Double]

        package init(means: [Double], variances: [Double], logScales: [Double]) {
            self.means = means
            self.variances = variances
            self.logScales = logScales
        }
    }

    package let logPriors: [Double]
    package let gaussians: Gaussians
    /// Rows of categories one after the other, labels adjacent.
    package let logProbabilities: [Double]
    private let blocks: [Block]

    /// - Parameters:
    ///   - logPriors: one for each label; two at least.
    ///   - logProbabilities: of each category's values in the dictionary's order, then of any
    ///     other.
    /// - Returns: `nil` when there is a text, shapes disagree, a number is not finite or a
    ///   variance not positive.
    package init?(
        schema: FeatureSchema, logPriors: [Double], gaussians: Gaussians,
        logProbabilities: [Double]
    ) {
        let labelCount = logPriors.count
        var blocks: [Block] = []
        var (numberCells, categoryCells) = (0, 0)
        for feature in schema.features {
            switch feature.kind {
            case .number:
                blocks.append(.number(cell: numberCells))
                numberCells += labelCount
            case .category(let dictionary):
                blocks.append(.category(cell: categoryCells, otherCode: dictionary.otherCode))
                categoryCells += (dictionary.otherCode + 1) * labelCount
            case .text: return nil
            }
        }
        let numbers = [gaussians.means, gaussians.variances, gaussians.logScales]
        guard labelCount >= 2, numbers.allSatisfy({ $0.count == numberCells }),
            logProbabilities.count == categoryCells,
            (numbers + [logPriors, logProbabilities]).allSatisfy({ $0.allSatisfy(\.isFinite) }),
            gaussians.variances.allSatisfy({ $0 > 0 })
        else { return nil }
        self.logPriors = logPriors
        self.gaussians = gaussians
        self.logProbabilities = logProbabilities
        self.blocks = blocks
    }

    package var labelCount: Int { logPriors.count }
    package var outputCount: Int { labelCount == 2 ? 1 : labelCount }

    /// Appends `outputCount` margins for each of the row-major rows.
    ///
    /// - Complexity: O(rows × features × labels); allocates nothing while `margins` has room.
    package func appendMargins(of rows: Span<Double>, to margins: inout [Double]) {
        for start in stride(from: 0, to: rows.count, by: blocks.count) {
            let first = margins.count
            for output in 0..<outputCount { margins.append(prior(output)) }
            for index in blocks.indices {
                let value = rows[start + index]
                if value.isNaN { continue }
                for output in 0..<outputCount {
                    margins[first + output] += term(blocks[index], value, output)
                }
            }
        }
    }

    /// The base is the prior.
    package func explanation(of row: Span<Double>, output: Int) -> Explanation {
        Explanation(
            base: prior(output),
            contributions: blocks.indices.map { index in
                row[index].isNaN ? 0 : term(blocks[index], row[index], output)
            })
    }

    private func prior(_ output: Int) -> Double {
        labelCount == 2 ? logPriors[1] - logPriors[0] : logPriors[output]
    }

    /// What a feature's value adds to a margin.
    @inline(__always)
    private func term(_ block: Block, _ value: Double, _ output: Int) -> Double {
        guard labelCount == 2 else { return logLikelihood(block, value, label: output) }
        return logLikelihood(block, value, label: 1) - logLikelihood(block, value, label: 0)
    }

    @inline(__always)
    private func logLikelihood(_ block: Block, _ value: Double, label: Int) -> Double {
        switch block {
        case .number(let first):
            let cell = first + label
            let deviation = value - gaussians.means[cell]
            return gaussians.logScales[cell] - deviation * deviation
                / (2 * gaussians.variances[cell])
        case .category(let first, let otherCode):
            // A row's codes are never above `otherCode`; the bound keeps a wrong row harmless.
            return logProbabilities[first + min(Int(value), otherCode) * labelCount + label]
        }
    }
}
