// SPDX-License-Identifier: Apache-2.0
package import JSON
import Registry

/// Something about a model that people or programs outside want to hear of.
package struct ServiceEvent: Equatable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// What is asked has moved away from what the version was trained on.
        case drift
        /// A rollout has made a transition.
        case rollout
        /// What labels say of a version has fallen below its floor.
        case quality
    }

    /// As Alertmanager's rules call them.
    package enum Severity: String, Sendable, CaseIterable {
        case info, warning, critical
    }

    package let kind: Kind
    /// Of events with one id only the first is told: name what happened, not when it was noticed.
    package let id: String
    package let model: String
    package let version: Int?
    package let severity: Severity
    /// One sentence.
    package let summary: String
    /// Milliseconds since 1970.
    package let at: Int
    /// The numbers behind it. `feature` names the feature that drifted, where one did.
    package let detail: JSONValue

    package init(
        kind: Kind, id: String, model: String, version: Int? = nil, severity: Severity,
        summary: String, at: Int, detail: JSONValue = .object([])
    ) {
        self.kind = kind
        self.id = id
        self.model = model
        self.version = version
        self.severity = severity
        self.summary = summary
        self.at = at
        self.detail = detail
    }

    package var feature: String? { detail["feature"]?.string }

    /// RFC 3339, UTC.
    package var timestamp: String { Timestamp(milliseconds: at).description }

    package var json: JSONValue {
        [
            "id": .string(id), "kind": .string(kind.rawValue), "model": .string(model),
            "version": version.map { .integer($0) } ?? .null,
            "severity": .string(severity.rawValue), "summary": .string(summary),
            "at": .string(timestamp), "detail": detail,
        ]
    }
}
