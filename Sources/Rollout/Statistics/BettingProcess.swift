// SPDX-License-Identifier: Apache-2.0

/// Evidence that a bounded quantity has a mean above zero, by betting on it
/// (Waudby-Smith and Ramdas 2024): `E = Π (1 + λ_i d_i)`, `λ_i = clip(μ/(σ²+μ²), 0, ½)` of the
/// past.
///
/// With `d` the candidate's loss less the stable version's it convicts; with a margin less `d` it
/// shows that the candidate is not worse by the margin.
package struct BettingProcess: Equatable, Sendable {
    private var process: EProcess
    private var count = 0.0
    private var mean = 0.0
    /// The sum of squared deviations from the mean (Welford).
    private var deviation = 0.0

    package init(restarts: EProcess.Restarts) {
        process = EProcess(alternatives: 1, restarts: restarts)
    }

    package var value: Double { process.value }
    package var average: Double { mean }

    /// - Parameter difference: clipped to [−1, 1]; what is no number is no event.
    package mutating func update(_ difference: Double) {
        guard let factor = bet(difference) else { return }
        process.update(EProcess.Lanes(repeating: factor))
    }

    /// The factor of an event, by the past; then the event joins the past.
    private mutating func bet(_ difference: Double) -> Double? {
        guard !difference.isNaN else { return nil }
        let bounded = min(1, max(-1, difference))
        let spread = count > 0 ? deviation / count + mean * mean : 0
        let stake = spread > 0 ? min(0.5, max(0, mean / spread)) : 0
        count += 1
        let step = bounded - mean
        mean += step / count
        deviation += step * (bounded - mean)
        return 1 + stake * bounded
    }

    mutating func transfer(_ coder: inout SnapshotCoder) throws(SnapshotError) {
        try process.transfer(&coder)
        try coder.transfer(&count)
        try coder.transfer(&mean)
        try coder.transfer(&deviation)
    }
}
