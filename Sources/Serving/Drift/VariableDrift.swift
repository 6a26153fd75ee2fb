// SPDX-License-Identifier: Apache-2.0
import Models
import Rollout

/// A number that tells how far a variable is from its reference; labels of a metric, members of a
/// document.
package enum DriftStatistic: String, CaseIterable, Sendable {
    /// The population stability index less what chance alone gives it.
    case psi
    case jensenShannon = "jensen_shannon"
    case kolmogorovSmirnov = "kolmogorov_smirnov"
    /// Shares of the window less those of the reference.
    case missing = "missing_delta"
    case unseen = "unseen_delta"
    case outOfRange = "out_of_range_delta"
}

/// One variable of a window beside its reference.
struct VariableDrift: Equatable, Sendable {
    /// `nil` where there are fewer than two bins, or no values.
    let distance: BinnedDistance?
    let isOrdered: Bool
    let missing: ShareShift?
    /// Of categories.
    let unseen: ShareShift?
    /// Of numbers.
    let outOfRange: ShareShift?
    /// What two windows running agree on.
    let severity: DriftSeverity

    var statistics: [(statistic: DriftStatistic, value: Double)] {
        var statistics: [(DriftStatistic, Double)] = []
        if let distance {
            statistics.append((.psi, distance.correctedIndex))
            statistics.append((.jensenShannon, distance.jensenShannon))
            if isOrdered { statistics.append((.kolmogorovSmirnov, distance.kolmogorov)) }
        }
        let shifts = [
            (DriftStatistic.missing, missing), (.unseen, unseen), (.outOfRange, outOfRange),
        ]
        for (statistic, shift) in shifts {
            if let shift { statistics.append((statistic, shift.difference)) }
        }
        return statistics
    }
}

/// Judges one variable, window after window.
struct VariableJudge: Sendable {
    /// What is decided on: more bins find no more drift, and need more rows.
    static let binCountMax = 10
    /// By how much the share of values that were not seen, or lie outside the range, may grow.
    private static let strangeShareMax = 0.01
    private static let missingShareMax = 0.05

    private let reference: ProfiledVariable
    private let featureCount: Int
    private var rule: DriftRule
    /// Whether a share had shifted in the window before.
    private var hadShifted = false

    /// - Parameter featureCount: of all variables that are judged: each has its part of the level.
    init(_ reference: ProfiledVariable, featureCount: Int) {
        self.reference = reference
        self.featureCount = featureCount
        rule = DriftRule(features: featureCount)
    }

    mutating func judge(_ window: VariableCounts) -> VariableDrift {
        let distance = BinnedDistance(
            window: decisive(window, beside: reference.counts),
            reference: decisive(reference.counts, beside: window))
        var severity = DriftSeverity.none
        if let distance {
            severity = rule.update(distance)
        } else {
            rule = DriftRule(features: featureCount)
        }
        let missing = shift(window) { $0.missing }
        var unseen: ShareShift?
        var outOfRange: ShareShift?
        switch reference.bins {
        case .number: outOfRange = shift(window) { $0.below &+ $0.above }
        case .category: unseen = shift(window) { $0.unseen }
        case .text: break
        }
        let hasShifted =
            isShift(missing, above: Self.missingShareMax, isTwoSided: true)
            || isShift(unseen, above: Self.strangeShareMax)
            || isShift(outOfRange, above: Self.strangeShareMax)
        if hasShifted, hadShifted { severity = max(severity, .warning) }
        hadShifted = hasShifted
        return VariableDrift(
            distance: distance, isOrdered: reference.bins.isOrdered, missing: missing,
            unseen: unseen, outOfRange: outOfRange, severity: severity)
    }

    private func shift(
        _ window: VariableCounts, _ count: (VariableCounts) -> UInt64
    ) -> ShareShift? {
        ShareShift(
            window: count(window), of: window.total, reference: count(reference.counts),
            of: reference.counts.total)
    }

    private func isShift(_ shift: ShareShift?, above limit: Double, isTwoSided: Bool = false)
        -> Bool
    {
        guard let shift, shift.windowCount >= DriftRule.windowMin,
            shift.referenceCount >= DriftRule.referenceMin
        else { return false }
        let size = isTwoSided ? abs(shift.difference) : shift.difference
        return size > limit && shift.probability < 0.01 / Double(featureCount)
    }

    /// Twenty bins of a number as ten; of a category the nine largest and all others.
    private func decisive(_ counts: VariableCounts, beside other: VariableCounts) -> [UInt64] {
        switch reference.bins {
        case .number:
            return counts.bins.count > Self.binCountMax ? foldedBins(counts.bins) : counts.bins
        case .category:
            if counts.bins.count <= Self.binCountMax, counts.unseen == 0, other.unseen == 0 {
                return counts.bins
            }
            let kept = counts.bins.prefix(Self.binCountMax - 1)
            return kept + [counts.bins.dropFirst(kept.count).reduce(counts.unseen, &+)]
        case .text: return counts.bins
        }
    }
}
