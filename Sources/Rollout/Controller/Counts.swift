// SPDX-License-Identifier: Apache-2.0

/// How much a rollout has seen.
package struct Counts: Equatable, Sendable {
    package internal(set) var candidateRequests: UInt64 = 0
    package internal(set) var candidateFailures: UInt64 = 0
    package internal(set) var stableRequests: UInt64 = 0
    package internal(set) var stableFailures: UInt64 = 0
    package internal(set) var pairs: UInt64 = 0
    package internal(set) var discordantPairs: UInt64 = 0
    /// Pairs of distinct keys whose answers were compared.
    package internal(set) var comparisons: UInt64 = 0
    package internal(set) var disagreements: UInt64 = 0
    package internal(set) var labels: UInt64 = 0

    mutating func transfer(_ coder: inout SnapshotCoder) throws(SnapshotError) {
        try coder.transfer(&candidateRequests)
        try coder.transfer(&candidateFailures)
        try coder.transfer(&stableRequests)
        try coder.transfer(&stableFailures)
        try coder.transfer(&pairs)
        try coder.transfer(&discordantPairs)
        try coder.transfer(&comparisons)
        try coder.transfer(&disagreements)
        try coder.transfer(&labels)
    }
}
