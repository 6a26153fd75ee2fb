// SPDX-License-Identifier: Apache-2.0
import Registry
import Rollout

extension ServiceEvent {
    /// What people outside are told of a drift: once for each variable, window and severity.
    package init(_ drift: DriftEvent) {
        self.init(
            kind: .drift,
            id: "drift-\(drift.model)-\(drift.version)-\(drift.feature)-\(drift.window)-"
                + drift.severity.name,
            model: drift.model, version: drift.version,
            severity: drift.severity == .critical ? .critical : .warning,
            summary: "'\(drift.feature)' of \(drift.model) version \(drift.version) has drifted "
                + "(\(drift.severity.name)) over \(drift.windowRowCount) rows.",
            at: drift.at.milliseconds, detail: drift.json)
    }
}
