// SPDX-License-Identifier: Apache-2.0
import Models
import Rollout
import Telemetry

/// Computes copies of requests by both versions, one after the other in an order that chance
/// decides: whatever the machine does to one it does to the other as often.
struct PairComputation {
    /// What one version made of a copy.
    private struct Attempt {
        var request = PredictRequest()
        var scratch = PredictionScratch()
        var body: [UInt8] = []
        var problem: InputProblem?
        var nanoseconds: UInt64 = 0
    }

    /// More than 1.25 times the stable version's time is much slower.
    private static let toleranceNumerator: UInt64 = 5
    private static let toleranceDenominator: UInt64 = 4
    /// Numbers that differ by more than this share of the larger disagree.
    private static let valueTolerance = 0.1

    private var stable = Attempt()
    private var candidate = Attempt()
    private var times = RecentTimes()
    private var timesRollout = 0
    private var random = SplitMix64(seed: UInt64.random(in: .min ... .max))

    /// - Returns: both outcomes, in the form in which they wait for a label, where there are two
    ///   that one label can be compared with.
    mutating func compute(_ copy: ShadowCopy) -> (stable: LoggedAnswer, candidate: LoggedAnswer)? {
        let rollout = copy.rollout
        if timesRollout != rollout.id {
            timesRollout = rollout.id
            times = RecentTimes()
        }
        let versions = (
            stable: rollout.stable.served, candidate: rollout.candidates[copy.candidate].arm.served
        )
        if random.next() & 1 == 0 {
            Self.attempt(&stable, versions.stable, copy)
            Self.attempt(&candidate, versions.candidate, copy)
        } else {
            Self.attempt(&candidate, versions.candidate, copy)
            Self.attempt(&stable, versions.stable, copy)
        }
        rollout.ledger.record(outcome(copy, versions), candidate: copy.candidate)
        guard stable.problem == nil, candidate.problem == nil, !stable.request.isBatch,
            !versions.stable.model.output.hasClusters,
            !versions.candidate.model.output.hasClusters
        else { return nil }
        return (
            LoggedAnswer(versions.stable, stable.scratch),
            LoggedAnswer(versions.candidate, candidate.scratch)
        )
    }

    private static func attempt(
        _ attempt: inout Attempt, _ served: ServedModel, _ copy: ShadowCopy
    ) {
        attempt.problem = nil
        attempt.body.removeAll(keepingCapacity: true)
        do throws(InputProblem) {
            try attempt.request.read(copy.text.span, schema: served.model.schema)
            let start = ShadowThread.processorNanoseconds
            defer { attempt.nanoseconds = ShadowThread.processorNanoseconds - start }
            try Prediction.append(
                attempt.request, served, served.answerTail, copy.id, &attempt.scratch,
                to: &attempt.body)
        } catch {
            attempt.problem = error
        }
    }

    private mutating func outcome(
        _ copy: ShadowCopy, _ versions: (stable: ServedModel, candidate: ServedModel)
    ) -> PairOutcome {
        var pair = PairOutcome(
            key: copy.key, isSticky: copy.isSticky, isShadow: copy.isShadow,
            candidateFailed: candidate.problem != nil, stableFailed: stable.problem != nil)
        guard !pair.candidateFailed, !pair.stableFailed else { return pair }
        pair.disagrees = disagree(copy, versions)
        pair.isMuchSlower =
            candidate.nanoseconds * Self.toleranceDenominator
            > stable.nanoseconds * Self.toleranceNumerator
        pair.candidateSlow = times.slowness(candidate: candidate.nanoseconds)
        pair.stableSlow = times.slowness(stable: stable.nanoseconds)
        times.record(stable: stable.nanoseconds)
        return pair
    }

    /// Whether one row's answers differ: the only one, or one of many that the copy's identifier
    /// picks. Clusters have no names that two versions share.
    private func disagree(
        _ copy: ShadowCopy, _ versions: (stable: ServedModel, candidate: ServedModel)
    ) -> Bool? {
        let count = min(stable.request.rowCount, candidate.request.rowCount)
        guard count > 0 else { return nil }
        let row = Int(copy.id.low % UInt64(count))
        let left = versions.stable.model.output
        let right = versions.candidate.model.output
        switch (left.task, right.task) {
        case (.clusters, _), (_, .clusters): return nil
        case (.regression, .regression):
            let a = Self.value(left, stable.scratch.margins, row)
            let b = Self.value(right, candidate.scratch.margins, row)
            return abs(a - b) > Self.valueTolerance * max(abs(a), abs(b))
        case (.regression, _), (_, .regression): return true
        default:
            let first = left.predictedIndex(
                stable.scratch.margins.span, at: row * left.marginCount)
            let second = right.predictedIndex(
                candidate.scratch.margins.span, at: row * right.marginCount)
            return left.labels[first] != right.labels[second]
        }
    }

    private static func value(_ output: Output, _ margins: [Double], _ row: Int) -> Double {
        var outputs: [Double] = []
        output.appendOutputs(margins.span, at: row * output.marginCount, to: &outputs)
        return outputs[0]
    }
}

extension Output {
    fileprivate var hasClusters: Bool {
        if case .clusters = task { true } else { false }
    }
}

/// An answer to one row, as it waits for the truth.
struct LoggedAnswer: Sendable {
    let version: Int
    /// The predicted label, or the cluster's number; `nil` where a value was predicted.
    let label: String?
    /// The probabilities by label, or the value alone; none beside a cluster.
    let outputs: [Double]

    /// - Parameter scratch: of an answer to one row.
    init(_ served: ServedModel, _ scratch: borrowing PredictionScratch) {
        self.init(served.model.output, scratch.margins, version: served.version)
    }

    /// - Parameter margins: of one row.
    init(_ output: Output, _ margins: [Double], version: Int) {
        self.version = version
        var outputs: [Double] = []
        if output.hasClusters {
            label = "\(output.predictedIndex(margins.span, at: 0))"
        } else {
            output.appendOutputs(margins.span, at: 0, to: &outputs)
            label =
                output.labels.isEmpty
                ? nil : output.labels[output.predictedIndex(margins.span, at: 0)]
        }
        self.outputs = outputs
    }
}
