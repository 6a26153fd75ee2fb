// SPDX-License-Identifier: Apache-2.0
import Glibc
import Models

/// The losses of rows under a network, and their gradient.
///
/// A number is learnt standardised, so that step sizes fit it, and scaled back in the model.
struct PerceptronObjective: Sendable {
    /// So many rows of a batch are worked on as one.
    private static let blockRowCountMin = 50

    private let design: DesignMatrix
    private let answers: [Double]
    private let loss: LinearLoss
    private let labelWeights: [Double]
    private let outputCount: Int
    private let standardisation: LinearEncoding.Standardisation

    init(
        _ data: Dataset, _ output: Output, _ encoding: LinearEncoding, _ classWeight: ClassWeight?
    ) throws(TrainingError) {
        var standardisation = LinearEncoding.Standardisation(mean: 0, scale: 1)
        var labelWeights: [Double] = []
        switch (data.target, output.task) {
        case (.values(let values), .regression):
            standardisation = LinearLearner.standardisation(values)
            try Self.requireFloats(values, standardisation)
            let (mean, scale) = (standardisation.mean, standardisation.scale)
            answers = values.map { ($0 - mean) / scale }
            loss = .squared
        case (.labels(let labels), .binary), (.labels(let labels), .multiclass):
            answers = labels.map { Double($0) }
            loss = output.marginCount == 1 ? .logistic : .softmax
            if let classWeight {
                labelWeights = classWeight.weights(labels, labelCount: output.labels.count)
            }
        default: throw .inconsistent("the target does not fit the output")
        }
        design = DesignMatrix(data, encoding: encoding)
        outputCount = output.marginCount
        self.standardisation = standardisation
        self.labelWeights = labelWeights
    }

    /// The model's last layer, of floats, holds the answers' scale in its weights and their mean in
    /// its bias: beyond these bounds rounding would show in what is answered.
    private static func requireFloats(
        _ values: [Double], _ standardisation: LinearEncoding.Standardisation
    ) throws(TrainingError) {
        let (mean, scale) = (standardisation.mean, standardisation.scale)
        let spread = (values.max() ?? 0) - (values.min() ?? 0)
        guard mean.isFinite, mean.magnitude < 1e30, scale < 1e30, spread == 0 || spread > 1e-30
        else {
            throw .unsuitable("mlp learns answers of magnitudes from 1e-30 to 1e30")
        }
        guard mean.magnitude <= 1e5 * scale || spread == 0 else {
            throw .unsuitable(
                "the answers' mean \(mean) is too far from 0 for their deviation \(scale); "
                    + "mlp would round it away: subtract the mean first")
        }
    }

    /// The sum of the losses of a batch, and of their gradients.
    func evaluate(
        _ network: PerceptronNetwork, _ batch: ArraySlice<Int>
    ) -> (loss: Double, gradient: PerceptronNetwork) {
        let widths = network.widths
        var transposes = [network.weights[0]]
        transposes += network.weights.dropFirst().map(\.transposed)
        let parts = blocks(of: batch).map { [transposes] _, range in
            let rows = batch[(batch.startIndex + range.lowerBound)...].prefix(range.count)
            let activations = network.activations(design, rows)
            var errors = activations[activations.count - 1]
            let loss = losses(of: rows, &errors)
            var gradient = PerceptronNetwork(widths: widths)
            gradient.add(
                design, rows, activations, errors: errors, transposes: transposes)
            return (loss: loss, gradient: gradient)
        }
        var (loss, gradient) = parts[0]
        for part in parts.dropFirst() {
            loss += part.loss
            gradient += part.gradient
        }
        return (loss, gradient)
    }

    func meanLoss(_ network: PerceptronNetwork, _ rows: ArraySlice<Int>) -> Double {
        let parts = blocks(of: rows).map { _, range in
            let rows = rows[(rows.startIndex + range.lowerBound)...].prefix(range.count)
            let activations = network.activations(design, rows)
            var errors = activations[activations.count - 1]
            return losses(of: rows, &errors)
        }
        return parts.reduce(0, +) / Double(rows.count)
    }

    /// The sum of the losses; the margins become the losses' derivatives.
    private func losses(of rows: ArraySlice<Int>, _ margins: inout FloatMatrix) -> Double {
        var sum = 0.0
        var slopes = [Double](repeating: 0, count: outputCount)
        var curvature = slopes
        for (index, row) in rows.enumerated() {
            for output in 0..<outputCount { slopes[output] = Double(margins[index, output]) }
            let weight = labelWeights.isEmpty ? 1 : labelWeights[Int(answers[row])]
            sum +=
                weight
                * slopes.withUnsafeMutableBufferPointer { slopes in
                    curvature.withUnsafeMutableBufferPointer { curvature in
                        loss.evaluate(slopes, answers[row], curvature)
                    }
                }
            for output in 0..<outputCount {
                margins[index, output] = Float(weight * slopes[output])
            }
        }
        return sum
    }

    private func blocks(of rows: ArraySlice<Int>) -> RowBlocks {
        RowBlocks(
            rowCount: rows.count, resultByteCount: 1, rowCountMin: Self.blockRowCountMin)
    }

    /// The network as it is served; `nil` when a weight is not finite.
    func model(_ network: PerceptronNetwork, _ encoding: LinearEncoding) -> PerceptronModel? {
        var layers: [PerceptronModel.Layer] = []
        for layer in network.weights.indices {
            var weights = network.weights[layer].unpadded
            var biases = network.biases[layer].unpadded
            if layer == network.weights.count - 1, loss == .squared {
                let (mean, scale) = (standardisation.mean, standardisation.scale)
                weights = weights.map { Float(Double($0) * scale) }
                biases = biases.map { Float(Double($0) * scale + mean) }
            }
            guard
                let layer = PerceptronModel.Layer(
                    inputCount: network.weights[layer].rowCount, weights: weights, biases: biases)
            else { return nil }
            layers.append(layer)
        }
        return PerceptronModel(encoding: encoding, layers: layers)
    }
}

extension PerceptronNetwork {
    /// Of the input, of each hidden layer, of the output.
    var widths: [Int] { [weights[0].rowCount] + weights.map(\.columnCount) }
}
