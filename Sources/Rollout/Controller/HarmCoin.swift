// SPDX-License-Identifier: Apache-2.0

/// Rule H's experiment while the stable version is in trouble: the candidate computes copies or
/// rests for two seconds, by a fair coin. A candidate that eats the machine's memory or processors
/// is invisible to pairs; here its windows are the bad ones.
struct HarmCoin: Equatable, Sendable {
    struct Window: Equatable {
        let wasOn: Bool
        let isBad: Bool
    }

    private static let length = 2 * Terms.second

    private let salt: Salt
    private var index: UInt64 = 0
    /// On the rollout's own clock.
    private var began: UInt64 = 0
    private var requests: UInt64 = 0
    private var failures: UInt64 = 0

    /// Another salt than the assignment's, made of it: what the coin shows says nothing of buckets.
    init(salt: Salt) { self.salt = Salt(low: ~salt.low, high: salt.high) }

    var isOn: Bool { SipHash.hash(index, salt: salt) & 1 == 1 }

    /// Tosses for the window that begins.
    mutating func begin(at time: UInt64) {
        index &+= 1
        began = time
        requests = 0
        failures = 0
    }

    mutating func count(_ observation: Observation) {
        guard case .routed(let outcome) = observation, !outcome.isCandidate else { return }
        requests += 1
        if outcome.hasFailed { failures += 1 }
    }

    mutating func countGood(_ count: UInt64) { requests += count }

    /// - Returns: the window that has ended, bad when the stable version's failures passed the
    /// limit.
    mutating func advance(to time: UInt64, limit: Double) -> Window? {
        guard time >= began, time - began >= Self.length else { return nil }
        let isBad = requests > 0 && Double(failures) > limit * Double(requests)
        let window = Window(wasOn: isOn, isBad: isBad)
        begin(at: time)
        return window
    }

    mutating func transfer(_ coder: inout SnapshotCoder) throws(SnapshotError) {
        try coder.transfer(&index)
        try coder.transfer(&began)
        try coder.transfer(&requests)
        try coder.transfer(&failures)
    }
}
