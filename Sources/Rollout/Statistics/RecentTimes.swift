// SPDX-License-Identifier: Apache-2.0

/// The stable version's compute times over its last 1,000 requests, and which times are slow by
/// them.
///
/// Slow is a matter of time, not of probability: the candidate is slow above 1.25 times the
/// quantile, the stable version above the quantile itself. A candidate 10 % slower makes up to
/// twice as many requests pass a quantile and harms no one.
package struct RecentTimes: Sendable {
    private static let window = 1000
    /// Below this there is no quantile, and nothing is slow.
    private static let countMin = 200

    private var ring: [UInt64] = []
    private var sorted: [UInt64] = []
    private var next = 0

    package init() {
        ring.reserveCapacity(Self.window)
        sorted.reserveCapacity(Self.window + 1)
    }

    /// - Complexity: a binary search and two moves within 8 kB.
    package mutating func record(stable nanoseconds: UInt64) {
        if ring.count < Self.window {
            ring.append(nanoseconds)
        } else {
            sorted.remove(at: place(of: ring[next]))
            ring[next] = nanoseconds
            next = (next + 1) % Self.window
        }
        sorted.insert(nanoseconds, at: place(of: nanoseconds))
    }

    /// By the nearest rank; `nil` before 200 requests.
    package func quantile(_ percent: Int) -> UInt64? {
        guard sorted.count >= Self.countMin, (1...100).contains(percent) else { return nil }
        return sorted[(sorted.count * percent + 99) / 100 - 1]
    }

    /// `nil` before 200 requests.
    package var limits: SlowLimits? {
        guard let q95 = quantile(95), let q99 = quantile(99) else { return nil }
        return SlowLimits(q95: q95, q99: q99)
    }

    package func slowness(stable nanoseconds: UInt64) -> SlowLevels {
        limits?.slowness(stable: nanoseconds) ?? []
    }

    package func slowness(candidate nanoseconds: UInt64) -> SlowLevels {
        limits?.slowness(candidate: nanoseconds) ?? []
    }

    /// The first place whose time is not less.
    private func place(of time: UInt64) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// The stable version's quantiles, in nanoseconds.
package struct SlowLimits: Equatable, Sendable {
    package let q95: UInt64
    package let q99: UInt64

    package init(q95: UInt64, q99: UInt64) {
        self.q95 = q95
        self.q99 = q99
    }

    package func slowness(stable nanoseconds: UInt64) -> SlowLevels {
        levels { nanoseconds > $0 }
    }

    /// With a quarter to spare (rule 8).
    package func slowness(candidate nanoseconds: UInt64) -> SlowLevels {
        levels { limit in
            let product = limit.multipliedReportingOverflow(by: 5)
            return !product.overflow && nanoseconds > product.partialValue / 4
        }
    }

    private func levels(_ isSlow: (UInt64) -> Bool) -> SlowLevels {
        var levels: SlowLevels = []
        if isSlow(q95) { levels.insert(.q95) }
        if isSlow(q99) { levels.insert(.q99) }
        return levels
    }
}

/// Which of the stable version's quantiles a request's compute time has passed.
package struct SlowLevels: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let q95 = SlowLevels(rawValue: 1)
    package static let q99 = SlowLevels(rawValue: 2)
}
