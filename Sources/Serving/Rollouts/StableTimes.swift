// SPDX-License-Identifier: Apache-2.0
import Rollout
import Synchronization

/// The stable version's recent compute times, of all loops and workers together, and the times
/// above which a request is slow by them.
///
/// Whoever finds it taken passes over one time: no loop waits for another.
final class StableTimes: Sendable {
    private let recent = Mutex(RecentTimes())
    /// The 95 % and the 99 % quantile; 0 while there are too few times.
    private let q95 = Atomic<UInt64>(0)
    private let q99 = Atomic<UInt64>(0)

    func record(_ nanoseconds: UInt64) {
        _ = recent.withLockIfAvailable { times in
            times.record(stable: nanoseconds)
            q95.store(times.quantile(95) ?? 0, ordering: .relaxed)
            q99.store(times.quantile(99) ?? 0, ordering: .relaxed)
        }
    }

    /// - Returns: which quantiles the time passes, and whether there are any.
    func slowness(stable nanoseconds: UInt64) -> (SlowLevels, isTimed: Bool) {
        levels { nanoseconds > $0 }
    }

    /// The same with a quarter to spare (rule 8).
    func slowness(candidate nanoseconds: UInt64) -> (SlowLevels, isTimed: Bool) {
        levels { nanoseconds > $0 + $0 / 4 }
    }

    private func levels(_ isSlow: (UInt64) -> Bool) -> (SlowLevels, isTimed: Bool) {
        let limits = (q95.load(ordering: .relaxed), q99.load(ordering: .relaxed))
        guard limits.0 > 0, limits.1 > 0 else { return ([], false) }
        var levels: SlowLevels = []
        if isSlow(limits.0) { levels.insert(.q95) }
        if isSlow(limits.1) { levels.insert(.q99) }
        return (levels, true)
    }
}
