// SPDX-License-Identifier: Apache-2.0

/// How often each label was predicted, and how often rightly. A ratio with nothing below the line
/// is 0.
struct Confusion {
    let labelCount: Int
    private let rowCount: Int
    private var hits: [Int]
    private var actuals: [Int]
    private var predictions: [Int]

    init(_ actual: [Int], _ predicted: [Int], labelCount: Int) {
        self.labelCount = labelCount
        rowCount = actual.count
        hits = [Int](repeating: 0, count: labelCount)
        actuals = hits
        predictions = hits
        for (label, guess) in zip(actual, predicted) {
            actuals[label] += 1
            predictions[guess] += 1
            if label == guess { hits[label] += 1 }
        }
    }

    var accuracy: Double { Self.ratio(hits.reduce(0, +), rowCount) }

    func occurs(_ label: Int) -> Bool { actuals[label] + predictions[label] > 0 }
    func precision(_ label: Int) -> Double { Self.ratio(hits[label], predictions[label]) }
    func recall(_ label: Int) -> Double { Self.ratio(hits[label], actuals[label]) }
    func f1(_ label: Int) -> Double {
        Self.ratio(2 * hits[label], actuals[label] + predictions[label])
    }

    private static func ratio(_ part: Int, _ whole: Int) -> Double {
        whole == 0 ? 0 : Double(part) / Double(whole)
    }
}
