// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What deadlines and durations are told from: unlike the time of day it never jumps.
package enum MonotonicClock {
    package static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// What is added to a time of this clock to make Unix time of it, as both are now. Wrong where
    /// the time of day is set beyond 2262, whose nanoseconds an `Int` does not hold.
    package static func unixOffsetNanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec &* 1_000_000_000 &+ time.tv_nsec
            &- Int(truncatingIfNeeded: nanoseconds())
    }
}
