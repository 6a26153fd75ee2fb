// SPDX-License-Identifier: Apache-2.0

/// What happens to requests in a simulated world. Rates are of one attempt.
struct Conditions {
    enum Trouble {
        case none
        /// Each attempt fails with the probability, whichever version makes it.
        case transient(Double)
        /// Requests of this share fail on both versions.
        case poisoned(Double)
        /// Runs of 20 requests on average fail on both, that make up this share.
        case bursts(Double)
    }

    var stableRate = 0.001
    var candidateRate = 0.001
    /// The candidate's rate after `faultAfter` of its requests.
    var faultRate: Double?
    var faultAfter: UInt64 = 0
    var trouble = Trouble.none
    /// In requests of the whole rollout.
    var troubleRange: Range<Int> = 0..<0
    /// Users as Zipf's law has them, with sticky keys; else every request is its own key.
    var hasHeavyKeys = false
    /// A share of the keys, and how often their requests fail on either version.
    var badKeys = (share: 0.0, rate: 0.0)
    /// Users who send this many failing requests each, one user after the other.
    var abusiveUsers = 0
    var abusiveRequests = 1000
    /// The share of pairs that disagree.
    var disagreement = 0.03
    /// The candidate's time by the stable version's.
    var slowness = 1.0
    /// One pair in `labelEvery` has a label; each version is wrong alone on this share.
    var labelEvery = 20
    var discordance = 0.025
    /// By how much more the candidate is wrong.
    var accuracyDrop = 0.0
    /// What the plan asks of labels before it promotes.
    var qualityMargin: Double?
    /// Whether stable fails while the candidate computes.
    var harms = 0.0
    var requestsPerSecond = 100
}
