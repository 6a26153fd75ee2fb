// SPDX-License-Identifier: Apache-2.0
import Glibc

extension Evaluation {
    /// The mean of `-log p(answer)`, natural logarithm, with probabilities clipped by a double's
    /// machine epsilon on both sides.
    static func logLoss(_ actual: [Int], _ probabilities: [Double], labelCount: Int) -> Double {
        var sum = 0.0
        for (row, label) in actual.enumerated() {
            let probability = probabilities[row * labelCount + label]
            sum -= log(min(max(probability, .ulpOfOne), 1 - .ulpOfOne))
        }
        return sum / Double(actual.count)
    }
}
