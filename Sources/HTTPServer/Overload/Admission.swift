// SPDX-License-Identifier: Apache-2.0
package import HTTP1

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

    /// What came of work that had been let in.
    package enum Outcome: Equatable {
        case answered(HTTPStatus, nanoseconds: Double)
        /// It was not begun.
        case dropped
    }

    /// Of corrected work, in nanoseconds, over all workers.
    let loadMax: Double
    private let workerCount: Double
    /// What has been let in and has not been finished.
    package private(set) var load = 0.0
    /// Real time ÷ predicted time, smoothed.
    package private(set) var correction = 1.0

    /// How much one observation counts: after twenty, the past weighs a third.
    private static var smoothing: Double { 0.05 }
    /// What one observation, and so the correction, may be: cores are shared by a few, and bodies
    /// that promise more work than they bring do not make room for those that keep their promise.
    private static var ratios: ClosedRange<Double> { 0.5...8 }

    package init(millisecondsMax: Int, workerCount: Int) {
        self.workerCount = Double(max(1, workerCount))
        loadMax = Double(millisecondsMax) * 1e6 * self.workerCount
    }

    /// Whether so much waits that what nobody may wait for any more should not be done.
    package var isUnderPressure: Bool { load > loadMax / 2 }

    /// When there will be room for work; `nil` if there is now. Work that is alone is let in,
    /// whatever it costs.
    package func retryAfterSeconds(predictedNanoseconds: Double) -> Int? {
        let excess = load + predictedNanoseconds * correction - loadMax
        guard load > 0, excess > 0 else { return nil }
        let seconds = (excess / workerCount / 1e9).rounded(.up)
        return max(1, Int(min(seconds, 3600)))
    }

    package mutating func admit(predictedNanoseconds: Double) -> Verdict {
        if let seconds = retryAfterSeconds(predictedNanoseconds: predictedNanoseconds) {
            return .refuse(retryAfterSeconds: seconds)
        }
        let cost = predictedNanoseconds * correction
        load += cost
        return .admit(cost: cost)
    }

    /// Whether work under way may go on that has turned out to be other than was predicted. Its
    /// room is given back if it may not.
    package mutating func readmit(cost: Double, predictedNanoseconds: Double) -> Verdict {
        load = max(0, load - cost)
        return admit(predictedNanoseconds: predictedNanoseconds)
    }

    /// Learns from work that came to its end. A refusal comes early, whenever its client likes, and
    /// says nothing about what work takes.
    package mutating func finish(cost: Double, predictedNanoseconds: Double, _ outcome: Outcome) {
        load = max(0, load - cost)
        guard case .answered(.ok, let nanoseconds) = outcome, predictedNanoseconds > 0 else {
            return
        }
        let ratio = nanoseconds / predictedNanoseconds
        let bounded = min(max(ratio, Self.ratios.lowerBound), Self.ratios.upperBound)
        correction += Self.smoothing * (bounded - correction)
    }
}
