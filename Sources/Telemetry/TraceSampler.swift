// SPDX-License-Identifier: Apache-2.0

/// Decides which requests of one loop are traced: those whose caller traces them, of those that
/// begin a trace a share, and of neither more in a second than the rate.
///
/// Who has decided not to trace is followed in that: a trace is whole or not there (the sampler
/// `ParentBased` of the OpenTelemetry specification).
package struct TraceSampler: Sendable {
    package enum Decision: Equatable, Sendable {
        case record
        case skip
        /// To be recorded, were there not so many.
        case limit
    }

    private var sampling: Sampling
    private let ratePerSecond: Double
    /// What may be recorded at once.
    private let burst: Double
    private var tokens: Double
    private var nanoseconds: UInt64 = 0

    /// - Parameters:
    ///   - share: of the requests that begin a trace, 0 to 1.
    ///   - ratePerSecond: above 0; a second's worth of it, and at least one, may come at once.
    package init(share: Double, ratePerSecond: Double, seed: UInt64) {
        sampling = Sampling(share: share, seed: seed)
        self.ratePerSecond = ratePerSecond
        burst = max(1, ratePerSecond)
        tokens = burst
    }

    /// A request that its caller has put into a trace.
    ///
    /// - Parameter now: monotonic.
    package mutating func decide(
        below parent: TraceParent, nanoseconds now: UInt64
    ) -> Decision {
        parent.isSampled ? take(nanoseconds: now) : .skip
    }

    /// A request that begins a trace.
    package mutating func decideRoot(nanoseconds now: UInt64) -> Decision {
        sampling.next() ? take(nanoseconds: now) : .skip
    }

    private mutating func take(nanoseconds now: UInt64) -> Decision {
        let elapsed = Double(now - min(now, nanoseconds)) / 1e9
        nanoseconds = max(now, nanoseconds)
        tokens = min(burst, tokens + elapsed * ratePerSecond)
        guard tokens >= 1 else { return .limit }
        tokens -= 1
        return .record
    }
}
