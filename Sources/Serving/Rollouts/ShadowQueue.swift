// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Feedback
import Rollout
import Synchronization
import Telemetry

/// A request that both versions are to compute once more, for no one to see.
struct ShadowCopy: Sendable {
    let rollout: ServedRollout
    /// The candidate's index.
    let candidate: Int
    /// Whether the stable version has answered the caller; else the candidate has, and the stable
    /// version watches.
    let isShadow: Bool
    let id: Identifier
    /// The body.
    let text: [UInt8]
    let key: KeyHash
    let isSticky: Bool
    /// What is kept of the answer, to which the other version's is to be added.
    var logged: LoggedPrediction?
}

/// Copies of requests that wait to be computed: few, the newest dropped first, so many a second at
/// most. A thread of its own computes them, which only gets what time the loops leave.
final class ShadowQueue: Sendable {
    private static let countMax = 256
    private static let byteCountMax = 8 << 20

    private struct State {
        var copies: [ShadowCopy] = []
        var byteCount = 0
        var second: UInt64 = 0
        var acceptedInSecond = 0
    }

    private let state = Mutex(State())
    private let count = Atomic<Int>(0)
    /// The second, of the monotonic clock, of which all copies have been taken.
    private let spentSecond = Atomic<UInt64>(0)
    private let ratePerSecondMax: Int
    private let waiting = DispatchSemaphore(value: 0)
    private let dropped: Counter.Cell
    private let computed: Counter.Cell

    /// - Parameter compute: runs on the queue's thread, one copy at a time.
    init(
        ratePerSecondMax: Int, metrics: MetricsRegistry,
        compute: @escaping @Sendable (ShadowCopy) -> Void
    ) {
        self.ratePerSecondMax = ratePerSecondMax
        func copies(_ result: String) -> Counter.Cell {
            metrics.counter(
                "rollout_copies_total", "Requests to be computed by both versions, by result.",
                ["result": result])[metrics.sharedShard]
        }
        dropped = copies("dropped")
        computed = copies("computed")
        ShadowThread.start(waiting) { [weak self] in
            guard let self else { return false }
            for copy in take() {
                compute(copy)
                computed.add()
            }
            return true
        }
    }

    deinit { waiting.signal() }

    /// A look without a lock, before anything is copied.
    var hasRoom: Bool {
        let isFull =
            count.load(ordering: .relaxed) >= Self.countMax
            || spentSecond.load(ordering: .relaxed) == MonotonicClock.nanoseconds() / 1_000_000_000
        if isFull { dropped.add() }
        return !isFull
    }

    /// - Returns: whether there was room for it.
    func append(_ copy: ShadowCopy) -> Bool {
        let second = MonotonicClock.nanoseconds() / 1_000_000_000
        // The thread that takes copies may hold the lock and not be running: no loop waits for it.
        let isAccepted = state.withLockIfAvailable { state in
            if state.second != second {
                state.second = second
                state.acceptedInSecond = 0
            }
            guard state.acceptedInSecond < ratePerSecondMax else {
                spentSecond.store(second, ordering: .relaxed)
                return false
            }
            guard state.copies.count < Self.countMax,
                state.byteCount + copy.text.count <= Self.byteCountMax
            else { return false }
            state.acceptedInSecond += 1
            state.byteCount += copy.text.count
            state.copies.append(copy)
            count.store(state.copies.count, ordering: .relaxed)
            return true
        }
        guard isAccepted == true else {
            dropped.add()
            return false
        }
        waiting.signal()
        return true
    }

    private func take() -> [ShadowCopy] {
        state.withLock { state in
            defer {
                state.copies = []
                state.byteCount = 0
                count.store(0, ordering: .relaxed)
            }
            return state.copies
        }
    }
}
