// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Synchronization
import Testing

@testable import Training

struct ModelSearchTests {
    /// Time that passes only where a test says so.
    private final class Clock: Sendable {
        private let now = Mutex(0.0)

        var seconds: Double { now.withLock(\.self) }

        func pass(_ seconds: Double) { now.withLock { $0 += seconds } }
    }

    /// Ridge regression that takes a second for each of its iterations.
    private struct SlowLearner: Learner {
        let clock: Clock
        /// The larger, the worse.
        var alpha = 0.001
        var iterationCount = 1
        var fault: TrainingError?

        var record: [JSONValue.Member] { [.init(name: "alpha", value: .number(alpha))] }

        func learn(
            _ data: Dataset, output: Output, progress: LearningProgress
        ) throws(TrainingError) -> Learnt {
            for iteration in 1...iterationCount {
                clock.pass(1)
                try progress(iteration, nil)
            }
            if let fault { throw fault }
            return try LinearLearner(.alpha(alpha)).learn(data, output: output)
        }
    }

    private static let validation = CrossValidation(foldCount: 2)

    private static func line() throws -> Dataset {
        let schema = try #require(FeatureSchema([Feature(name: "x", kind: .number)]))
        let x = (0..<60).map { Double($0 * 7 % 60) }
        return Dataset(schema: schema, rows: x, target: .values(x.map { 3 * $0 + 1 }))
    }

    private static func run(
        _ learners: [SlowLearner], _ clock: Clock, budget: Double,
        metric: SearchMetric = .rootMeanSquaredError
    ) throws -> ModelSearch.Result {
        let data = try line()
        let candidates = learners.map { Candidate(.linear, $0) }
        let search = ModelSearch(
            validation, metric: metric, budgetSeconds: budget,
            elapsedSeconds: { clock.seconds })
        return try search.run(
            candidates, output: .regression, keys: [], dataset: { _ in data })
    }

    /// `judged`, `failed: reason`, `unfinished`, `untried`.
    private static func outcomes(_ result: ModelSearch.Result) -> [String] {
        (result.json.array ?? []).map { trial in
            (trial["outcome"]?.string ?? "") + (trial["reason"]?.string.map { ": \($0)" } ?? "")
        }
    }

    @Test func takesTheBestOfAll() throws {
        let clock = Clock()
        let learners = [1e6, 0.001, 1e3, 0.001].map { SlowLearner(clock: clock, alpha: $0) }
        let result = try Self.run(learners, clock, budget: 100)
        #expect(Self.outcomes(result) == ["judged", "judged", "judged", "judged"])
        // Of equals the first.
        #expect(result.bestIndex == 1)
        #expect(result.json.array?.map { $0["chosen"] } == [false, true, false, false])
        let scores = try Self.validation.scores(
            of: learners[1], on: Self.line(), output: .regression, keys: [])
        #expect(result.scores == scores)
        #expect(result.trials.map(\.seconds) == [2, 2, 2, 2])
    }

    @Test func endsWithItsBudget() throws {
        let clock = Clock()
        let learners = [SlowLearner](repeating: SlowLearner(clock: clock), count: 6)
        let result = try Self.run(learners, clock, budget: 7)
        let expected = ["judged", "judged", "judged", "unfinished", "untried", "untried"]
        #expect(Self.outcomes(result) == expected)
        #expect(clock.seconds == 7)
        #expect(result.trials.map(\.seconds) == [2, 2, 2, 1, 0, 0])
    }

    @Test func letsTheFirstFinish() throws {
        let clock = Clock()
        let learners = [
            SlowLearner(clock: clock, iterationCount: 10, fault: .unsuitable("no")),
            SlowLearner(clock: clock, iterationCount: 5), SlowLearner(clock: clock),
        ]
        let result = try Self.run(learners, clock, budget: 0.5)
        #expect(Self.outcomes(result) == ["failed: no", "judged", "untried"])
        #expect(result.bestIndex == 1)
    }

    @Test func leavesTimeForOthers() throws {
        let clock = Clock()
        let learners = [
            SlowLearner(clock: clock, alpha: 1), SlowLearner(clock: clock, iterationCount: 100),
            SlowLearner(clock: clock, alpha: 0.1),
        ]
        let result = try Self.run(learners, clock, budget: 30)
        #expect(Self.outcomes(result) == ["judged", "unfinished", "judged"])
        #expect(result.trials[1].seconds == 10)
        #expect(result.bestIndex == 2)
    }

    @Test func goesOnAfterAFailure() throws {
        let clock = Clock()
        let fault = TrainingError.notConverged(iterations: 3, gap: 0.5)
        let learners = [
            SlowLearner(clock: clock), SlowLearner(clock: clock, fault: fault),
            SlowLearner(clock: clock, alpha: 1),
        ]
        let result = try Self.run(learners, clock, budget: 30)
        #expect(Self.outcomes(result) == ["judged", "failed: \(fault)", "judged"])
    }

    @Test func failsWhereAllDo() throws {
        let clock = Clock()
        let faults = [TrainingError.unsuitable("first"), .unsuitable("second")]
        #expect(throws: faults[0]) {
            try Self.run(
                faults.map { SlowLearner(clock: clock, fault: $0) }, clock, budget: 30)
        }
        #expect(throws: TrainingError.unsuitable("roc_auc is not defined in every fold")) {
            try Self.run([SlowLearner(clock: clock)], clock, budget: 30, metric: .areaUnderROC)
        }
    }

    @Test(arguments: [
        (["a", "b"], false, "log_loss", true), (["a", "b"], true, "roc_auc", false),
        (["a", "b", "c"], false, "log_loss", true), (["a", "b", "c"], true, "roc_auc_ovr", false),
        ([], false, "rmse", true),
    ])
    func goesByTheTasksMetric(
        labels: [String], isWeighted: Bool, name: String, isLowerBetter: Bool
    ) {
        let output: Output =
            switch labels.count {
            case 0: .regression
            case 2: .binary(labels: labels)
            default: .multiclass(labels: labels)
            }
        let metric = SearchMetric(output, isWeighted: isWeighted)
        #expect(metric.rawValue == name)
        #expect(metric.isBetter(1, than: 2) == isLowerBetter)
        #expect(!metric.isBetter(1, than: 1))
    }

    @Test func fillsEveryFold() {
        let few = (0..<100).map { Int32($0 < 3 ? 1 : 0) }
        #expect(CrossValidation.foldCount(comparingOn: .labels(few)) == 3)
        let one = (0..<100).map { Int32($0 < 1 ? 1 : 0) }
        #expect(CrossValidation.foldCount(comparingOn: .labels(one)) == 2)
        let values = [Double](repeating: 0, count: 9999)
        #expect(CrossValidation.foldCount(comparingOn: .values(values)) == 5)
        #expect(CrossValidation.foldCount(comparingOn: .values(values + [0])) == 3)
    }
}
