// SPDX-License-Identifier: Apache-2.0

/// Whether an event starts a training now: one at a time, as trainings and the server share a
/// machine, and for a model none before its cool-down has passed.
package struct RetrainTrigger: Sendable {
    package enum Decision: Equatable, Sendable {
        case run
        case coolingDown(secondsLeft: Int)
        case inFlight(model: String)
    }

    private let cooldownNanoseconds: UInt64
    private var running: String?
    /// When the last run of each model began.
    private var starts: [String: UInt64] = [:]

    package init(cooldownSeconds: Int) {
        cooldownNanoseconds = UInt64(max(0, cooldownSeconds)) * 1_000_000_000
    }

    /// After `.run` the run is in flight until `finish`.
    ///
    /// The cool-down counts from the beginning of a run, whatever came of it: a training that fails
    /// would fail again. An event that is skipped does not make it longer.
    ///
    /// - Parameter now: in nanoseconds; never less than in the call before.
    package mutating func decide(_ model: String, at now: UInt64) -> Decision {
        if let running { return .inFlight(model: running) }
        starts = starts.filter { now - $0.value < cooldownNanoseconds }
        if let start = starts[model] {
            let left = cooldownNanoseconds - (now - start)
            return .coolingDown(secondsLeft: Int((left + 999_999_999) / 1_000_000_000))
        }
        starts[model] = now
        running = model
        return .run
    }

    package mutating func finish() { running = nil }
}
