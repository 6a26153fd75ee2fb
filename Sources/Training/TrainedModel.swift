// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Models

/// A model with what is known about its making.
package struct TrainedModel: Sendable {
    package let model: Model
    package let train: Evaluation
    package let test: Evaluation
    /// Where the test rows' metrics would lie on other rows.
    package let intervals: [Bootstrap.Interval]
    package let importances: [PermutationImportance]
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
        evaluation: EvaluationSettings = EvaluationSettings(),
        progress: LearningProgress = { _, _ in }
    ) throws(TrainingError) {
        let result = try learner.learn(data.train, output: data.output, progress: progress)
        let (kind, output) = (result.kind, try evaluation.output(result.output))
        let trainMargins = kind.margins(of: data.train)
        train = Self.evaluate(kind, data.train, trainMargins, output)
        let testMargins = kind.margins(of: data.test)
        test = Self.evaluate(kind, data.test, testMargins, output)
        intervals = Self.intervals(testMargins, data.test, output, evaluation)
        importances =
            evaluation.permutationRepeatCount == 0
            ? []
            : PermutationImportance.all(
                kind, data.test, output, repeatCount: evaluation.permutationRepeatCount,
                seed: evaluation.seed)
        objective = result.objective
        iterationCount = result.iterationCount
        var record: [JSONValue.Member] = [
            .init(name: "final_objective", value: .number(result.objective)),
            .init(name: "iterations", value: .integer(result.iterationCount)),
            .init(name: "metrics", value: Self.metrics(train, test, intervals)),
        ]
        if !importances.isEmpty {
            record.append(
                .init(
                    name: "permutation_importance", value: .array(importances.map(\.json))))
        }
        guard
            let model = Model(
                schema: data.schema, kind: kind, output: output,
                goldenRecords: GoldenRecords.records(of: data.train),
                training: .object(settings + record + result.record),
                profile: ReferenceProfile(
                    train: ProfiledRows(.train, data.train, trainMargins),
                    test: ProfiledRows(.test, data.test, testMargins), output: output))
        else { throw .unsuitable("no answer of the model is finite; smaller numbers help") }
        self.model = model
    }

    package var metrics: JSONValue { Self.metrics(train, test, intervals) }

    /// `{"train": …, "test": …, "test_intervals": {"roc_auc": [0.89, 0.91], …}}`, the last where
    /// there are some.
    private static func metrics(
        _ train: Evaluation, _ test: Evaluation, _ intervals: [Bootstrap.Interval]
    ) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init(name: "train", value: train.json), .init(name: "test", value: test.json),
        ]
        if !intervals.isEmpty {
            let bounds = intervals.map { interval in
                JSONValue.Member(
                    name: interval.name, value: [.number(interval.low), .number(interval.high)])
            }
            members.append(.init(name: "test_intervals", value: .object(bounds)))
        }
        return .object(members)
    }

    private static func intervals(
        _ margins: [Double], _ data: Dataset, _ output: Output, _ settings: EvaluationSettings
    ) -> [Bootstrap.Interval] {
        guard settings.resampleCount > 0 else { return [] }
        let bootstrap = Bootstrap(margins: margins, output: output, target: data.target)
        return bootstrap?.intervals(resampleCount: settings.resampleCount, seed: settings.seed)
            ?? []
    }

    private static func evaluate(
        _ kind: ModelKind, _ data: Dataset, _ margins: [Double], _ output: Output
    ) -> Evaluation {
        let evaluation = Evaluation(margins: margins, output: output, target: data.target)
        guard case .kMeans(let model) = kind else { return evaluation }
        let silhouette = Silhouette.score(of: model, rows: data.rows)
        return Evaluation(evaluation, and: [Metric("silhouette", silhouette)])
    }
}
