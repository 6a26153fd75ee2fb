// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Models

/// Judges candidates by the same folds, one after the other, until a budget of time is spent, and
/// tells which is best.
///
/// How many are judged depends on the machine; what each of them scores does not.
package struct ModelSearch {
    package struct Trial: Sendable {
        package enum Outcome: Sendable {
            /// All metrics over the folds, and among them the one that decides.
            case judged([CrossValidation.Score], by: CrossValidation.Score)
            case failed(TrainingError)
            /// Begun, and ended before its last fold for want of time.
            case unfinished
            case untried
        }

        package let candidate: Candidate
        package let outcome: Outcome
        package let seconds: Double
    }

    package struct Result: Sendable {
        /// One for each candidate, in their order.
        package let trials: [Trial]
        /// Which of the trials is best.
        package let bestIndex: Int
        /// All metrics of the best over the folds.
        package let scores: [CrossValidation.Score]

        package var best: Candidate { trials[bestIndex].candidate }
    }

    /// A candidate that takes more than this part of the budget gives way to the others.
    private static let candidateShare = 1.0 / 3

    private let validation: CrossValidation
    private let metric: SearchMetric
    private let evaluation: EvaluationSettings
    private let budgetSeconds: Double
    private let elapsedSeconds: () -> Double

    /// - Parameter elapsedSeconds: the time since the budget began.
    package init(
        _ validation: CrossValidation, metric: SearchMetric,
        evaluation: EvaluationSettings = EvaluationSettings(), budgetSeconds: Double,
        elapsedSeconds: @escaping () -> Double
    ) {
        self.validation = validation
        self.metric = metric
        self.evaluation = evaluation
        self.budgetSeconds = budgetSeconds
        self.elapsedSeconds = elapsedSeconds
    }

    /// The budget binds once there is a model: until one candidate is judged, each may finish.
    ///
    /// - Parameters:
    ///   - keys: of the rows, for folds that go by them.
    ///   - dataset: what a candidate learns from; the rows and their answers are always the same.
    ///   - progress: told a candidate's and a fold's number, from 1.
    /// - Throws: the first candidate's error where all have failed.
    package func run(
        _ candidates: [Candidate], output: Output, keys: [Int32], dataset: (Candidate) -> Dataset,
        progress: (Int, Int) -> Void = { _, _ in }
    ) throws(TrainingError) -> Result {
        guard let first = candidates.first else { throw .inconsistent("no candidate to try") }
        let splits = try validation.folds(dataset(first).target, keys)
        var trials: [Trial] = []
        var best: (index: Int, mean: Double, scores: [CrossValidation.Score])?
        var firstError: TrainingError?
        for (index, candidate) in candidates.enumerated() {
            let start = elapsedSeconds()
            var deadline = Double.infinity
            if best != nil {
                deadline = min(budgetSeconds, start + budgetSeconds * Self.candidateShare)
            }
            guard start < deadline else {
                trials.append(Trial(candidate: candidate, outcome: .untried, seconds: 0))
                continue
            }
            let outcome = judge(
                candidate, on: dataset(candidate), splits, output: output, until: deadline
            ) { progress(index + 1, $0) }
            trials.append(
                Trial(candidate: candidate, outcome: outcome, seconds: elapsedSeconds() - start))
            switch outcome {
            case .judged(let scores, let score):
                if let best, !metric.isBetter(score.mean, than: best.mean) { continue }
                best = (index, score.mean, scores)
            case .failed(let error): firstError = firstError ?? error
            case .unfinished, .untried: break
            }
        }
        guard let best else { throw firstError ?? .inconsistent("no candidate was judged") }
        return Result(trials: trials, bestIndex: best.index, scores: best.scores)
    }

    private func judge(
        _ candidate: Candidate, on data: Dataset, _ splits: [DatasetSplit], output: Output,
        until deadline: Double, progress: (Int) -> Void
    ) -> Trial.Outcome {
        func checkTime() throws(TrainingError) {
            if elapsedSeconds() >= deadline { throw .interrupted }
        }
        do throws(TrainingError) {
            var evaluations: [Evaluation] = []
            for (index, split) in splits.enumerated() {
                progress(index + 1)
                try checkTime()
                evaluations.append(
                    try CrossValidation.evaluation(
                        of: candidate.learner, on: data, split, fold: index + 1, output: output,
                        evaluation
                    ) { _, _ throws(TrainingError) in try checkTime() })
            }
            let scores = CrossValidation.scores(evaluations)
            guard let score = scores.first(where: { $0.name == metric.rawValue }),
                score.mean.isFinite
            else { throw .unsuitable("\(metric.rawValue) is not defined in every fold") }
            return .judged(scores, by: score)
        } catch .interrupted {
            return .unfinished
        } catch {
            return .failed(error)
        }
    }
}

extension ModelSearch.Result {
    /// One object for each candidate, for lineage and report.
    package var json: JSONValue {
        .array(trials.indices.map { trials[$0].json(isChosen: $0 == bestIndex) })
    }
}

extension ModelSearch.Trial {
    fileprivate func json(isChosen: Bool) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init(name: "model", value: .string(candidate.family.rawValue)),
            .init(name: "settings", value: .object(candidate.learner.record)),
            .init(name: "outcome", value: .string(outcome.name)),
        ]
        switch outcome {
        case .judged(_, let score):
            members.append(.init(name: "mean", value: .number(score.mean)))
            members.append(.init(name: "deviation", value: .number(score.deviation)))
        case .failed(let error):
            members.append(.init(name: "reason", value: .string("\(error)")))
        case .unfinished, .untried: break
        }
        members.append(.init(name: "seconds", value: .number(seconds)))
        members.append(.init(name: "chosen", value: .boolean(isChosen)))
        return .object(members)
    }
}

extension ModelSearch.Trial.Outcome {
    package var isUntried: Bool {
        if case .untried = self { true } else { false }
    }

    fileprivate var name: String {
        switch self {
        case .judged: "judged"
        case .failed: "failed"
        case .unfinished: "unfinished"
        case .untried: "untried"
        }
    }
}
