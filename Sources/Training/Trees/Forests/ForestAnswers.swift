// SPDX-License-Identifier: Apache-2.0
import Models

/// Answers in the form that a forest sums: one number a row, or one of many classes.
///
/// Two classes are the number 1 for the second: its variance is half of Gini's impurity, so that
/// both choose the same splits.
struct ForestAnswers: Sendable {
    /// What a leaf holds: 1, or a number for each of three classes or more.
    let width: Int
    /// With width 1: less `offset`.
    let values: [Double]
    /// Otherwise.
    let classes: [Int32]
    /// What leaves add again; sums of squares keep their digits without it.
    let offset: Double
    /// Each row's weight; empty where all weigh the same.
    let weights: [Double]

    init(
        _ target: Target, _ output: Output, classWeight: ClassWeight?
    ) throws(TrainingError) {
        switch (target, output.task) {
        case (.values(let answers), .regression):
            let mean = answers.reduce(0, +) / Double(answers.count)
            self.init(width: 1, values: answers.map { $0 - mean }, offset: mean)
        case (.labels(let labels), .binary):
            self.init(
                width: 1, values: labels.map { Double($0) },
                weights: Self.weights(labels, 2, classWeight))
        case (.labels(let labels), .multiclass(let names)):
            self.init(
                width: names.count, classes: labels,
                weights: Self.weights(labels, names.count, classWeight))
        default: throw .inconsistent("the target does not fit the output")
        }
    }

    private init(
        width: Int, values: [Double] = [], classes: [Int32] = [], offset: Double = 0,
        weights: [Double] = []
    ) {
        self.width = width
        self.values = values
        self.classes = classes
        self.offset = offset
        self.weights = weights
    }

    private static func weights(
        _ labels: [Int32], _ count: Int, _ classWeight: ClassWeight?
    ) -> [Double] {
        guard let weights = classWeight?.weights(labels, labelCount: count) else { return [] }
        return labels.map { weights[Int($0)] }
    }
}
