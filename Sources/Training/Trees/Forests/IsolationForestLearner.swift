// SPDX-License-Identifier: Apache-2.0
import Glibc
package import Models

/// Learns isolation forests: how few random splits set a row apart tells how odd it is.
///
/// F. T. Liu, K. M. Ting, Z.-H. Zhou, "Isolation forest" (2008), as in scikit-learn; categories
/// are split one against the rest, missing values go to a random side.
package struct IsolationForestLearner: Learner, Equatable {
    package var nEstimators = 100
    /// How many rows a tree sees; fewer where there are fewer.
    package var maxSamples = 256
    package var seed: UInt64 = 1

    package init() {}

    package func learn(
        _ data: Dataset, output: Output, progress: LearningProgress
    ) throws(TrainingError) -> Learnt {
        let sampleCount = min(maxSamples, data.count)
        guard sampleCount >= 2 else {
            throw .unsuitable("an isolation forest needs two rows at least")
        }
        var grown = [DecisionTree?](repeating: nil, count: nEstimators)
        grown.withUnsafeMutableBufferPointer { grown in
            Workers.current.perform(nEstimators) { index in
                var grower = IsolationTreeGrower(
                    data, sampleCount: sampleCount,
                    seed: SplitMix64.value(seed: seed, index: index))
                grown[index] = grower.grow()
            }
        }
        let trees = grown.compactMap(\.self)
        let pathLength = IsolationTreeGrower.meanPathLength(sampleCount)
        guard trees.count == nEstimators,
            let aggregation = TreeAggregation(
                precision: .float64, start: [0], divisor: Double(nEstimators)),
            let model = TreesModel(
                featureCount: data.schema.count, trees: trees, aggregation: aggregation),
            let output = Output(.regression, link: .anomalyScore(pathLength: pathLength))
        else { throw .inconsistent("a path's length is not finite") }
        var margins: [Double] = []
        model.appendMargins(of: data.rows.span, to: &margins)
        let mean = margins.reduce(0, +) / Double(margins.count)
        try progress(nEstimators, mean)
        return Learnt(
            kind: .trees(model), output: output, objective: mean, iterationCount: nEstimators)
    }
}
