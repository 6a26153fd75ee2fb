// SPDX-License-Identifier: Apache-2.0

/// A multilayer perceptron: affine layers with rectified linear units between them.
///
/// A row is encoded as for a linear model, so the first layer adds one weighted column a feature.
/// All is computed in `Float`: a unit's sum starts from its bias and runs over its inputs in order,
/// sixteen units side by side, each in a lane of its own. So the bits depend neither on the width
/// of the machine's vectors nor on how rows were grouped.
package struct PerceptronModel: Equatable, Sendable {
    /// Units adjacent: the weight from input `i` to unit `u` is at `i * unitCount + u`.
    package struct Layer: Equatable, Sendable {
        package let inputCount: Int
        package let unitCount: Int
        package let weights: [Float]
        package let biases: [Float]
        /// Tile by tile of sixteen units: the biases, then each input's weights; 0 where there is
        /// no unit.
        fileprivate let tiles: [SIMD16<Float>]

        /// - Returns: `nil` when shapes disagree or a number is not finite.
        package init?(inputCount: Int, weights: [Float], biases: [Float]) {
            let (cells, overflow) = inputCount.multipliedReportingOverflow(by: biases.count)
            guard inputCount > 0, !biases.isEmpty, !overflow, weights.count == cells,
                weights.allSatisfy(\.isFinite), biases.allSatisfy(\.isFinite)
            else { return nil }
            self.inputCount = inputCount
            self.weights = weights
            self.biases = biases
            unitCount = biases.count
            var tiles: [SIMD16<Float>] = []
            for first in stride(from: 0, to: biases.count, by: 16) {
                let width = min(16, biases.count - first)
                for input in -1..<inputCount {
                    var tile = SIMD16<Float>(repeating: 0)
                    for lane in 0..<width {
                        let unit = first + lane
                        tile[lane] =
                            input < 0 ? biases[unit] : weights[input * biases.count + unit]
                    }
                    tiles.append(tile)
                }
            }
            self.tiles = tiles
        }
    }

    package let encoding: LinearEncoding
    package let layers: [Layer]
    package let outputCount: Int

    /// - Returns: `nil` when a layer does not take what the one before it gives.
    package init?(encoding: LinearEncoding, layers: [Layer]) {
        guard let last = layers.last, layers[0].inputCount == encoding.columnCount,
            zip(layers, layers.dropFirst()).allSatisfy({ $0.unitCount == $1.inputCount })
        else { return nil }
        self.encoding = encoding
        self.layers = layers
        outputCount = last.unitCount
    }

    /// Appends `outputCount` margins for each of the row-major rows.
    ///
    /// A row's activations lie behind its place in `margins` for as long as they are needed.
    ///
    /// - Complexity: O(rows × weights); allocates nothing while `margins` has room.
    package func appendMargins(of rows: Span<Double>, to margins: inout [Double]) {
        let width = encoding.blocks.count
        for start in stride(from: 0, to: rows.count, by: width) {
            let first = margins.count
            appendFirstLayer(of: rows, at: start, to: &margins)
            var inputs = first
            for index in layers.indices.dropFirst() {
                let outputs = margins.count
                appendLayer(index, inputs: inputs, to: &margins)
                inputs = outputs
            }
            for output in 0..<outputCount { margins[first + output] = margins[inputs + output] }
            margins.removeLast(margins.count - first - outputCount)
        }
    }

    private func appendFirstLayer(
        of rows: Span<Double>, at start: Int, to margins: inout [Double]
    ) {
        let layer = layers[0]
        let isLast = layers.count == 1
        for first in stride(from: 0, to: layer.unitCount, by: 16) {
            let base = first / 16 * (layer.inputCount + 1)
            var sums = layer.tiles[base]
            for index in encoding.blocks.indices {
                let (column, value) = encoding.blocks[index].entry(rows[start + index])
                sums += layer.tiles[base + 1 + column] * Float(value)
            }
            Self.append(sums, min(16, layer.unitCount - first), isLast, to: &margins)
        }
    }

    private func appendLayer(_ index: Int, inputs: Int, to margins: inout [Double]) {
        let layer = layers[index]
        let isLast = index == layers.count - 1
        for first in stride(from: 0, to: layer.unitCount, by: 16) {
            let base = first / 16 * (layer.inputCount + 1)
            var sums = layer.tiles[base]
            for input in 0..<layer.inputCount {
                sums += layer.tiles[base + 1 + input] * Float(margins[inputs + input])
            }
            Self.append(sums, min(16, layer.unitCount - first), isLast, to: &margins)
        }
    }

    /// The last layer's sums are margins; all others' are rectified.
    @inline(__always)
    private static func append(
        _ sums: SIMD16<Float>, _ count: Int, _ isLast: Bool, to margins: inout [Double]
    ) {
        for lane in 0..<count {
            let sum = sums[lane]
            // A NaN stays, so that it is found.
            margins.append(Double(isLast || !(sum < 0) ? sum : 0))
        }
    }
}
