// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Models

/// Learns by another learner on a part of the rows, and the link from margins to probabilities on
/// the rest. For two labels.
package struct CalibratedLearner: Learner {
    private let learner: any Learner
    private let calibration: Calibration
    /// The part of the rows that the link is learnt on.
    private let fraction: Double
    private let seed: UInt64

    package init(
        _ learner: any Learner, _ calibration: Calibration, fraction: Double = 0.2, seed: UInt64
    ) {
        self.learner = learner
        self.calibration = calibration
        self.fraction = fraction
        self.seed = seed
    }

    package var record: [JSONValue.Member] {
        learner.record + [.init(name: "calibration", value: .string(calibration.rawValue))]
    }

    package func learn(
        _ data: Dataset, output: Output, progress: LearningProgress
    ) throws(TrainingError) -> Learnt {
        guard case .labels(let labels) = data.target, case .binary = output.task else {
            throw .unsuitable("--calibration is for two classes")
        }
        let split = DatasetSplit(strata: labels, fraction: fraction, seed: seed)
        let learnt = try learner.learn(
            data.selecting(split.train), output: output, progress: progress)
        let held = data.selecting(split.test)
        let margins = learnt.kind.margins(of: held)
        guard let link = calibration.link(margins, split.test.map { labels[$0] }),
            let calibrated = learnt.output.with(link: link)
        else { throw .unsuitable("too few rows of a class to calibrate with") }
        let record: [JSONValue.Member] = [
            .init(name: "calibration_rows", value: .integer(held.count))
        ]
        return Learnt(
            kind: learnt.kind, output: calibrated, objective: learnt.objective,
            iterationCount: learnt.iterationCount, record: learnt.record + record)
    }
}
