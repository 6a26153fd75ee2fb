// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Models

/// Learns one family of models. What is learnt follows from data, settings and seed alone, whatever
/// the number of threads.
package protocol Learner: Sendable {
    /// The hyper-parameters under their flags' names, for artifact and lineage: all that decides
    /// the model beside data and seed, so not the number of threads.
    var record: [JSONValue.Member] { get }

    /// - Parameter data: the training rows; a learner that stops early holds out a part of them
    ///   itself.
    func learn(
        _ data: Dataset, output: Output, progress: LearningProgress
    ) throws(TrainingError) -> Learnt
}

/// Told each iteration's number and, where it is known by then, the objective. What it throws ends
/// the learning.
package typealias LearningProgress = (Int, Double?) throws(TrainingError) -> Void

/// What a learner has learnt.
package struct Learnt: Sendable {
    package let kind: ModelKind
    /// The output asked for, with the link that the learner's margins need.
    package let output: Output
    /// The penalised objective, or the mean loss, at the end.
    package let objective: Double
    package let iterationCount: Int
    /// What else the artifact is to record of the learning.
    package let record: [JSONValue.Member]

    package init(
        kind: ModelKind, output: Output, objective: Double, iterationCount: Int,
        record: [JSONValue.Member] = []
    ) {
        self.kind = kind
        self.output = output
        self.objective = objective
        self.iterationCount = iterationCount
        self.record = record
    }
}

extension Learner {
    package func learn(_ data: Dataset, output: Output) throws(TrainingError) -> Learnt {
        try learn(data, output: output) { _, _ in }
    }
}
