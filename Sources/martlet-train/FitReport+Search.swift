// SPDX-License-Identifier: Apache-2.0
import JSON
import Training

/// What `--model auto` tells of what it has tried.
extension FitReport {
    /// Candidates in the order in which they were tried.
    static func text(_ search: Selection.Search) -> String {
        var table = TextTable(
            alignments: [.left, .right, .right, .right, .left],
            rows: [["tried", search.metric.rawValue, "±", "s", ""]])
        let trials = search.result.trials
        for (index, trial) in trials.enumerated() where !trial.outcome.isUntried {
            var (mean, deviation) = ("–", "–")
            if case .judged(_, let score) = trial.outcome {
                (mean, deviation) = (text(score.mean), text(score.deviation))
            }
            let note =
                switch trial.outcome {
                case .failed(let error): ": \(error)"
                case .unfinished: ": ended for want of time"
                case .judged where index == search.result.bestIndex: ", chosen"
                case .judged, .untried: ""
                }
            table.rows.append([
                trial.candidate.family.rawValue, mean, deviation,
                rounded(trial.seconds, places: 2), distinction(trial.candidate, trials) + note,
            ])
        }
        let untried = trials.filter(\.outcome.isUntried).map(\.candidate)
        let direction = search.metric.isLowerBetter ? "lower" : "higher"
        let (spent, budget) = (
            rounded(search.seconds, places: 2), rounded(search.budgetSeconds, places: 2)
        )
        return "\(trials.count - untried.count) of \(trials.count) candidates tried by "
            + "\(search.foldCount) folds of the training rows in \(spent) s of \(budget); "
            + "\(direction) \(search.metric.rawValue) is better\n"
            + table.text + list(untried) + "\n"
    }

    /// `not tried for want of time: mlp, boosted-trees × 12`.
    private static func list(_ untried: [Candidate]) -> String {
        guard !untried.isEmpty else { return "" }
        var counts: [(family: String, count: Int)] = []
        for candidate in untried {
            let family = candidate.family.rawValue
            if let index = counts.firstIndex(where: { $0.family == family }) {
                counts[index].count += 1
            } else {
                counts.append((family, 1))
            }
        }
        let names = counts.map { $0.count == 1 ? $0.family : "\($0.family) × \($0.count)" }
        return "  not tried for want of time: " + names.joined(separator: ", ") + "\n"
    }

    /// What tells a candidate from the first of its family, which is as by default.
    private static func distinction(_ candidate: Candidate, _ trials: [ModelSearch.Trial]) -> String
    {
        let first = trials.map(\.candidate).first { $0.family == candidate.family } ?? candidate
        let settings = candidate.learner.record.filter { !first.learner.record.contains($0) }
        return settings.isEmpty
            ? "by default"
            : settings.map { "\($0.name) \($0.value.string ?? $0.value.text)" }
                .joined(separator: ", ")
    }
}
