// SPDX-License-Identifier: Apache-2.0
import Rollout
import Synchronization

/// What this server has seen of a rollout since it was last judged: a tally for each loop and
/// candidate, and the brake that stops a failing candidate before anyone has judged it.
final class RolloutLedger: Sendable {
    /// Failures that a candidate may make before a judgement of them. The rules act on two; what is
    /// under way on another loop meanwhile may be one more.
    private static let unjudgedFailuresMax = 2
    /// Below this all times are equal: nobody waits for less, and a version that few requests ask
    /// is slower by the caches it finds cold.
    private static let nanosecondsMin: UInt64 = 100_000

    private struct Shard: ~Copyable {
        let state: Mutex<State>

        init(candidates count: Int) {
            state = Mutex(State(tallies: (0..<count).map { _ in Tally() }))
        }
    }

    private struct State {
        var tallies: [Tally]
    }

    private final class Part: Sendable {
        let shard: Shard

        init(candidates count: Int) { shard = Shard(candidates: count) }
    }

    private let parts: [Part]
    /// The stable version's times, wherever it answers.
    private let times = StableTimes()
    private let unjudgedFailures = Atomic<Int>(0)
    /// Asks for a judgement now.
    private let report: @Sendable () -> Void

    /// - Parameter shardCount: of the metrics; the shadow thread has a part besides.
    init(shardCount: Int, candidates count: Int, report: @escaping @Sendable () -> Void) {
        parts = (0...shardCount).map { _ in Part(candidates: count) }
        self.report = report
    }

    /// Whether candidates are to rest until their failures have been judged. Nothing is counted
    /// meanwhile, on either side.
    var isHeld: Bool {
        unjudgedFailures.load(ordering: .relaxed) >= Self.unjudgedFailuresMax
    }

    /// Counts an answered request for each candidate that it says something of.
    ///
    /// - Parameters:
    ///   - arm: whose key it was.
    ///   - nanoseconds: what its first attempt took.
    func record(
        _ outcome: RoutedOutcome, arm: Int, weights: [ServedCandidate], nanoseconds: UInt64,
        shard: Int
    ) {
        if arm > 0, outcome.hasFailed {
            unjudgedFailures.wrappingAdd(1, ordering: .relaxed)
        }
        let time = max(nanoseconds, Self.nanosecondsMin)
        var judged = outcome
        let limits = times.limits
        judged.isTimed = limits != nil
        if let limits {
            judged.slow =
                arm == 0 ? limits.slowness(stable: time) : limits.slowness(candidate: time)
        }
        if arm == 0, !outcome.hasFailed { times.record(time) }
        let timed = judged
        let isUrgent = parts[shard].shard.state.withLock { state in
            var outcome = timed
            if arm == 0 {
                for index in weights.indices {
                    outcome.weight = weights[index].weight
                    _ = state.tallies[index].record(.routed(outcome))
                }
                return false
            }
            outcome.weight = weights[arm - 1].weight
            return state.tallies[arm - 1].record(.routed(outcome))
        }
        if isUrgent { report() }
    }

    /// Counts a request that both versions computed.
    func record(_ pair: PairOutcome, candidate: Int) {
        parts[parts.count - 1].shard.state.withLock {
            _ = $0.tallies[candidate].record(.pair(pair))
        }
    }

    func record(_ label: LabelOutcome, candidate: Int, shard: Int) {
        parts[shard].shard.state.withLock {
            _ = $0.tallies[candidate].record(.label(label))
        }
    }

    /// Hands over what was seen of a candidate, by all loops together.
    func take(candidate: Int) -> Batch {
        var batch = Batch()
        for part in parts {
            // The shadow thread may hold its part and not be running: then it is for the next time.
            let taken = part.shard.state.withLockIfAvailable { $0.tallies[candidate].take() }
            if let taken { batch.merge(taken) }
        }
        return batch
    }

    /// How many failures the next `take` may hold; `judged` is told this number afterwards.
    var unjudgedCount: Int { unjudgedFailures.load(ordering: .relaxed) }

    /// Lets candidates go on after so many failures have been judged.
    func judged(_ count: Int) {
        unjudgedFailures.wrappingSubtract(count, ordering: .relaxed)
    }
}
