// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Registry
package import Rollout

/// A variable of a version has drifted, by at least 10 %: told once when it does, and again when it
/// gets critical.
package struct DriftEvent: Sendable {
    package struct Value: Equatable, Sendable {
        package let statistic: DriftStatistic
        package let value: Double
    }

    package let model: String
    package let version: Int
    /// The feature's name, or `$prediction` or `$probability:LABEL`.
    package let feature: String
    package let severity: DriftSeverity
    package let values: [Value]
    /// Of the version's windows since it was loaded, the one that tells.
    package let window: Int
    package let windowRowCount: Int
    package let referenceRowCount: Int
    /// Whether the rows are of fewer than 200 keys or clients; then a single one of them may be all
    /// that has changed.
    package let isClustered: Bool
    package let at: Timestamp

    package var json: JSONValue {
        [
            "model": .string(model), "version": .integer(version), "feature": .string(feature),
            "severity": .string(severity.name),
            "statistics": .object(
                values.map { .init(name: $0.statistic.rawValue, value: .number($0.value)) }),
            "window": .integer(window), "window_rows": .integer(windowRowCount),
            "reference_rows": .integer(referenceRowCount), "clustered": .boolean(isClustered),
            "at": .string(at.description),
        ]
    }
}

extension DriftSeverity {
    package var name: String {
        switch self {
        case .none: "none"
        case .notice: "notice"
        case .warning: "warning"
        case .critical: "critical"
        }
    }
}
