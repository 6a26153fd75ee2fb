// SPDX-License-Identifier: Apache-2.0

/// The factors of a test of a probability against a limit p0, for alternatives p1: `p1/p0` for a
/// bad event, `(1−p1)/(1−p0)` for a good one.
package struct RateTest: Equatable, Sendable {
    package let bad: EProcess.Lanes
    package let good: EProcess.Lanes

    /// - Parameter alternatives: at most eight probabilities below one.
    package init(limit: Double, alternatives: [Double]) {
        var bad = EProcess.Lanes(repeating: 1)
        var good = bad
        for (lane, alternative) in alternatives.prefix(8).enumerated() {
            bad[lane] = alternative / limit
            good[lane] = (1 - alternative) / (1 - limit)
        }
        self.bad = bad
        self.good = good
    }

    package subscript(isBad: Bool) -> EProcess.Lanes { isBad ? bad : good }

    /// Above the limit: by 2, 5, 20 and 180 times, none above 0.9. The last finds a dead model in
    /// two requests.
    package static func suspicion(limit: Double) -> RateTest {
        RateTest(limit: limit, alternatives: [2, 5, 20, 180].map { min(0.9, $0 * limit) })
    }

    /// Disagreements above their limit.
    static func excess(limit: Double) -> RateTest {
        RateTest(limit: limit, alternatives: [2, 5, 10].map { min(0.9, $0 * limit) })
    }

    /// Below the limit: a tenth, a quarter, half of it.
    package static func acceptance(limit: Double) -> RateTest {
        RateTest(limit: limit, alternatives: [limit / 10, limit / 4, limit / 2])
    }

    package static let acceptanceShares = [0.5, 0.25, 0.25]

    /// Disagreements below their limit.
    static func agreement(limit: Double) -> RateTest {
        RateTest(limit: limit, alternatives: [0.1, 0.25, 0.5, 0.8].map { $0 * limit })
    }

    /// A fair coin against coins that come up bad more often: for pairs of which one half is bad.
    package static func coin(_ alternatives: [Double]) -> RateTest {
        RateTest(limit: 0.5, alternatives: alternatives)
    }

    package static let discordance = coin([0.6, 0.8, 0.95])
    package static let subtle = coin([0.55, 0.65, 0.8, 0.95])
}
