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
            let limits = times.limits
            q95.store(limits?.q95 ?? 0, ordering: .relaxed)
            q99.store(limits?.q99 ?? 0, ordering: .relaxed)
        }
    }

    /// `nil` while there are too few times.
    var limits: SlowLimits? {
        let limits = SlowLimits(
            q95: q95.load(ordering: .relaxed), q99: q99.load(ordering: .relaxed))
        return limits.q95 > 0 && limits.q99 > 0 ? limits : nil
    }
}
