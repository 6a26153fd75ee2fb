// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Models

/// A model with what is known about its making.
package struct TrainedModel: Sendable {
    package let model: Model
    package let train: Evaluation
    package let test: Evaluation
    package let objective: Double
    package let iterationCount: Int

    /// Learns from the training rows, judges by both splits.
    ///
    /// - Parameters:
    ///   - settings: what the artifact records beside metrics; only what follows from data,
    ///     settings and seed, so that these give the same bytes again.
    ///   - progress: told each iteration's number and objective.
    package init(
        _ data: Preparation, learner: any Learner, settings: [JSONValue.Member],
        progress: (Int, Double) -> Void = { _, _ in }
    ) throws(TrainingError) {
        let result = try learner.learn(data.train, output: data.output, progress: progress)
        train = Self.evaluate(result.kind, data.train, result.output)
        test = Self.evaluate(result.kind, data.test, result.output)
        objective = result.objective
        iterationCount = result.iterationCount
        let record: [JSONValue.Member] = [
            .init(name: "objective", value: .number(result.objective)),
            .init(name: "iterations", value: .integer(result.iterationCount)),
            .init(name: "metrics", value: ["train": train.json, "test": test.json]),
        ]
        guard
            let model = Model(
                schema: data.schema, kind: result.kind, output: result.output,
                goldenRecords: GoldenRecords.records(of: data.train),
                training: .object(settings + record + result.record))
        else { throw .inconsistent("no golden row has a finite answer") }
        self.model = model
    }

    package var metrics: JSONValue { ["train": train.json, "test": test.json] }

    private static func evaluate(
        _ kind: ModelKind, _ data: Dataset, _ output: Output
    ) -> Evaluation {
        var margins: [Double] = []
        margins.reserveCapacity(data.count * output.marginCount)
        kind.appendMargins(of: data.rows.span, texts: data.texts, to: &margins)
        return Evaluation(margins: margins, output: output, target: data.target)
    }
}
