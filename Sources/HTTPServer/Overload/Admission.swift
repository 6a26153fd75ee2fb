// SPDX-License-Identifier: Apache-2.0

/// How much deferred work is let in: so many predicted milliseconds, not so many requests.
///
/// A plain value without clock or queue. Predictions are corrected by what work really took, as two
/// loops and their workers may share fewer cores than they are.
package struct Admission {
    package enum Verdict: Equatable {
        /// - Parameter cost: what to hand to `finish`, in corrected nanoseconds.
        case admit(cost: Double)
        /// There will be room after so many seconds, at least one.
        case refuse(retryAfterSeconds: Int)
    }

    /// Of corrected work, in nanoseconds, over all workers.
    private let loadMax: Double
    private let workerCount: Double
    /// What has been let in and has not been finished.
    package private(set) var load = 0.0
    /// Real time ÷ predicted time, smoothed.
    package private(set) var correction = 1.0

    /// How much one observation counts: after twenty, the past weighs a third.
    private static var smoothing: Double { 0.05 }

    package init(millisecondsMax: Int, workerCount: Int) {
        self.workerCount = Double(max(1, workerCount))
        loadMax = Double(millisecondsMax) * 1e6 * self.workerCount
    }

    /// Whether so much waits that what nobody may wait for any more should not be done.
    package var isUnderPressure: Bool { load > loadMax / 2 }

    /// Work that is alone is let in, whatever it costs.
    package mutating func admit(predictedNanoseconds: Double) -> Verdict {
        let cost = predictedNanoseconds * correction
        let excess = load + cost - loadMax
        guard load == 0 || excess <= 0 else {
            let seconds = (excess / workerCount / 1e9).rounded(.up)
            return .refuse(retryAfterSeconds: max(1, Int(min(seconds, 3600))))
        }
        load += cost
        return .admit(cost: cost)
    }

    /// - Parameter actualNanoseconds: what the work took; `nil` when it was dropped.
    package mutating func finish(
        cost: Double, predictedNanoseconds: Double, actualNanoseconds: Double?
    ) {
        load = max(0, load - cost)
        guard let actualNanoseconds, predictedNanoseconds > 0 else { return }
        // Bounded, so that one stall or one lucky run does not decide.
        let ratio = min(max(actualNanoseconds / predictedNanoseconds, 0.1), 10)
        correction += Self.smoothing * (ratio - correction)
    }
}
