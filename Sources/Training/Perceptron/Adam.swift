// SPDX-License-Identifier: Apache-2.0

/// D. Kingma, J. Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1, with the
/// reformulated step of its section 2.
struct Adam {
    private static let decay: (first: Double, second: Double) = (0.9, 0.999)
    private static let epsilon: Float = 1e-8

    private let learningRate: Double
    private var first: PerceptronNetwork
    private var second: PerceptronNetwork
    private var powers = (first: 1.0, second: 1.0)

    init(widths: [Int], learningRate: Double) {
        self.learningRate = learningRate
        first = PerceptronNetwork(widths: widths)
        second = first
    }

    /// - Parameters:
    ///   - gradient: a sum over rows.
    ///   - scale: what makes a mean of it.
    ///   - penalty: the weight of `½‖w‖²` in the sum; biases are free.
    mutating func step(
        _ network: inout PerceptronNetwork, _ gradient: PerceptronNetwork, scale: Float,
        penalty: Float
    ) {
        powers.first *= Self.decay.first
        powers.second *= Self.decay.second
        let rate = Float(learningRate * (1 - powers.second).squareRoot() / (1 - powers.first))
        for layer in network.weights.indices {
            Self.move(
                &network.weights[layer], &first.weights[layer], &second.weights[layer],
                by: gradient.weights[layer], scale, penalty, rate)
            Self.move(
                &network.biases[layer], &first.biases[layer], &second.biases[layer],
                by: gradient.biases[layer], scale, 0, rate)
        }
    }

    private static func move(
        _ parameters: inout FloatMatrix, _ first: inout FloatMatrix, _ second: inout FloatMatrix,
        by gradient: FloatMatrix, _ scale: Float, _ penalty: Float, _ rate: Float
    ) {
        let (decay1, decay2) = (Float(decay.first), Float(decay.second))
        parameters.update(&first, &second, by: gradient) { own, mean, square, sum in
            let slope = (sum + own * penalty) * scale
            mean = mean * decay1 + slope * (1 - decay1)
            square = square * decay2 + slope * slope * (1 - decay2)
            own -= mean * rate / (square.squareRoot() + epsilon)
        }
    }
}
