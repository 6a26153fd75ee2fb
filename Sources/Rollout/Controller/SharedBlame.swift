// SPDX-License-Identifier: Apache-2.0

/// Bad events of either arm beside concurrent traffic (rule R): whose they are, each key once in
/// the rollout.
///
/// The list of keys in the order of their first bad event does not depend on the keys' buckets when
/// the arms are alike, so each new key is a fresh draw with the candidate's weight, whatever
/// outage, burst or user caused the events.
struct SharedBlame: Equatable, Sendable {
    private let test: ShareTest
    private(set) var keys: KeySample
    var evidence: EProcess

    init(_ test: ShareTest, keys capacity: Int) {
        self.test = test
        keys = KeySample(capacity: capacity)
        evidence = EProcess(alternatives: test.count, restarts: .after(300))
    }

    var value: Double { evidence.value }

    /// Whether the event counted: its key is new.
    mutating func stage(_ outcome: RoutedOutcome, share: Double) -> Bool {
        guard let factors = test.factors(candidate: outcome.isCandidate, share: share),
            !outcome.isSticky || keys.insert(outcome.key)
        else { return false }
        evidence.stage(factors)
        return true
    }

    mutating func transfer(_ coder: inout SnapshotCoder) throws(SnapshotError) {
        try keys.transfer(&coder)
        try evidence.transfer(&coder)
    }
}
