// SPDX-License-Identifier: Apache-2.0

/// The factors of a test of whose a bad event is: the candidate's share of bad events is
/// `ρw/(ρw+1−w)` when its rate is ρ times the stable version's and its share of traffic w.
///
/// Whatever makes both arms fail together cancels; the base rate need not be known, and w may
/// change from event to event (Lindon and Malek 2022, for two cells).
package struct ShareTest: Equatable, Sendable {
    private let null: Double
    private let ratios: EProcess.Lanes
    package let count: Int

    /// - Parameters:
    ///   - null: the ratio of the null hypothesis at its edge.
    ///   - ratios: the alternatives, at most eight, all on one side of it.
    package init(null: Double, ratios: [Double]) {
        self.null = null
        var lanes = EProcess.Lanes(repeating: null)
        for (lane, ratio) in ratios.prefix(8).enumerated() { lanes[lane] = ratio }
        self.ratios = lanes
        count = min(8, ratios.count)
    }

    /// `nil` where one arm has all the traffic: then the event says nothing.
    package func factors(candidate isCandidate: Bool, share: Double) -> EProcess.Lanes? {
        guard share > 0, share < 1 else { return nil }
        let rest = 1 - share
        let expected = null * share / (null * share + rest)
        let claimed = ratios * share / (ratios * share + rest)
        return isCandidate ? claimed / expected : (1 - claimed) / (1 - expected)
    }

    /// The candidate's rate exceeds (1 + `tolerance`) times the stable version's.
    package static func excess(tolerance: Double) -> ShareTest {
        ShareTest(null: 1 + tolerance, ratios: [1.5, 2, 3, 5, 10, 20])
    }

    /// The candidate fails less than twice as often.
    package static let fewerThanTwice = ShareTest(null: 2, ratios: [0.5, 1, 1.25])
    /// The candidate is slow less often than the stable version.
    package static let fewerSlow = ShareTest(null: 1, ratios: [0.25, 0.5, 0.75])
}
