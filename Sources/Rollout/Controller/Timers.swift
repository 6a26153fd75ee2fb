// SPDX-License-Identifier: Apache-2.0

/// How long a rollout has been where it is, by differences of a caller's monotone clock.
struct Timers: Equatable, Sendable {
    /// `nil` until the first event after the start or a restart: the time between is not counted.
    private var last: UInt64?
    /// In this state, without the time in which nothing was heard.
    private(set) var inState: UInt64 = 0
    private(set) var total: UInt64 = 0
    private(set) var sinceReport: UInt64 = 0

    /// A clock that has gone back stands still.
    mutating func advance(to now: UInt64, gap: UInt64) {
        let previous = last ?? now
        let elapsed = now > previous ? now - previous : 0
        last = max(now, previous)
        total = Self.sum(total, elapsed)
        sinceReport = Self.sum(sinceReport, elapsed)
        if sinceReport <= gap { inState = Self.sum(inState, elapsed) }
    }

    mutating func begin(at now: UInt64) {
        last = now
        sinceReport = 0
    }

    mutating func hear(at now: UInt64) { sinceReport = 0 }

    mutating func enterState() { inState = 0 }

    private static func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let sum = left.addingReportingOverflow(right)
        return sum.overflow ? .max : sum.partialValue
    }

    mutating func transfer(_ coder: inout SnapshotCoder) throws(SnapshotError) {
        try coder.transfer(&inState)
        try coder.transfer(&total)
    }
}
