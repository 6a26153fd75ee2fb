// SPDX-License-Identifier: Apache-2.0
import Glibc
import Models

/// A perceptron's parameters while it learns, or a gradient of the same shape.
struct PerceptronNetwork: Sendable {
    /// Inputs × units of each layer.
    var weights: [FloatMatrix]
    /// One row for each layer.
    var biases: [FloatMatrix]

    /// All zeros.
    ///
    /// - Parameter widths: of the input, of each hidden layer, of the output.
    init(widths: [Int]) {
        weights = zip(widths, widths.dropFirst()).map { FloatMatrix($0, $1) }
        biases = widths.dropFirst().map { FloatMatrix(1, $0) }
    }

    /// X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    /// networks" (2010): uniform, by the widths on both sides.
    mutating func initialise(_ generator: inout SplitMix64) {
        for layer in weights.indices {
            let bound = (6 / Double(weights[layer].rowCount + weights[layer].columnCount))
                .squareRoot()
            func draw() -> Float {
                Float((2 * generator.unit() - 1) * bound)
            }
            for row in 0..<weights[layer].rowCount {
                for column in 0..<weights[layer].columnCount {
                    weights[layer][row, column] = draw()
                }
            }
            for column in 0..<biases[layer].columnCount { biases[layer][0, column] = draw() }
        }
    }

    static func += (left: inout PerceptronNetwork, right: PerceptronNetwork) {
        for layer in left.weights.indices {
            left.weights[layer] += right.weights[layer]
            left.biases[layer] += right.biases[layer]
        }
    }

    /// What each layer gives for some rows; the last one's are the margins.
    func activations(_ design: DesignMatrix, _ rows: ArraySlice<Int>) -> [FloatMatrix] {
        var results: [FloatMatrix] = []
        for layer in weights.indices {
            var result = FloatMatrix(rows.count, weights[layer].columnCount)
            for row in 0..<rows.count { result.add(1, biases[layer], row: 0, toRow: row) }
            if layer == 0 {
                for (target, row) in rows.enumerated() {
                    for entry in design.encodedEntries(row) {
                        result.add(
                            Float(design.values[entry]), weights[0],
                            row: Int(design.columns[entry]), toRow: target)
                    }
                }
            } else {
                result.add(results[layer - 1], weights[layer])
            }
            if layer < weights.count - 1 { result.rectify() }
            results.append(result)
        }
        return results
    }

    /// Adds to this gradient what some rows give it: errors back from the margins.
    ///
    /// - Parameters:
    ///   - errors: the loss's derivatives by the margins of the rows.
    ///   - transposes: of the network's weights, of which the first is not needed.
    mutating func add(
        _ design: DesignMatrix, _ rows: ArraySlice<Int>, _ activations: [FloatMatrix],
        errors: FloatMatrix, transposes: [FloatMatrix]
    ) {
        var errors = errors
        for layer in weights.indices.reversed() {
            for row in 0..<rows.count { biases[layer].add(1, errors, row: row, toRow: 0) }
            guard layer > 0 else {
                for (source, row) in rows.enumerated() {
                    for entry in design.encodedEntries(row) {
                        weights[0].add(
                            Float(design.values[entry]), errors, row: source,
                            toRow: Int(design.columns[entry]))
                    }
                }
                return
            }
            weights[layer].add(activations[layer - 1], isTransposed: true, errors)
            var previous = FloatMatrix(rows.count, weights[layer].rowCount)
            previous.add(errors, transposes[layer])
            previous.mask(by: activations[layer - 1])
            errors = previous
        }
    }
}

extension DesignMatrix {
    /// A row's entries without the intercept's.
    fileprivate func encodedEntries(_ row: Int) -> Range<Int> { entries(row).dropLast() }
}
