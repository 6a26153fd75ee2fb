// SPDX-License-Identifier: Apache-2.0
import Models
import Rollout

/// When a window of rows ends.
package struct DriftLimits: Equatable, Sendable {
    /// It ends when so many rows are counted; none are where this is 0.
    package var rowCount: Int
    /// It ends so long after its first row at the latest.
    package var seconds: Int

    package init(rowCount: Int = 1000, seconds: Int = 3600) {
        self.rowCount = rowCount
        self.seconds = seconds
    }
}

/// A window that has ended and held enough to judge by.
struct DriftWindow: Equatable, Sendable {
    /// From 1 on, since the version was loaded.
    let number: Int
    let rowCount: Int
    /// How many keys or clients the rows are from; `nil` where that is not known of all.
    let unitCount: Int?
    let inputs: [VariableDrift]
    let outputs: [VariableDrift]

    /// Whether the rows are of so few that a change of one of them looks like a drift of all:
    /// 50 keys with 20 equal rows each alarm in 70 % of quiet windows.
    var isClustered: Bool { unitCount.map { $0 < 200 } ?? false }

    var severity: DriftSeverity { (inputs + outputs).map(\.severity).max() ?? .none }
}

/// Windows that follow each other, of one version.
struct DriftWindows: Sendable {
    private let limits: DriftLimits
    private let layout: ProfileLayout
    private var inputs: [VariableJudge]
    private var outputs: [VariableJudge]
    private var slots: [UInt64]
    private var rowCount = 0
    private var number = 0
    /// When its first row was counted, in nanoseconds.
    private var openedAt: UInt64?

    init(_ profile: ReferenceProfile, _ layout: ProfileLayout, _ limits: DriftLimits) {
        self.limits = limits
        self.layout = layout
        let count = profile.inputs.variables.count + profile.outputs.variables.count
        inputs = profile.inputs.variables.map { VariableJudge($0, featureCount: count) }
        outputs = profile.outputs.variables.map { VariableJudge($0, featureCount: count) }
        slots = [UInt64](repeating: 0, count: layout.slotCount)
    }

    /// Adds what `collect` fetches: it adds to the slots and tells how many rows that is.
    ///
    /// - Returns: whether the window has ended; then `close` is to be called.
    mutating func add(
        at nanoseconds: UInt64, _ collect: (inout [UInt64]) -> Int
    ) -> Bool {
        rowCount += collect(&slots)
        guard rowCount > 0 else { return false }
        let openedAt = openedAt ?? nanoseconds
        self.openedAt = openedAt
        let age = nanoseconds > openedAt ? nanoseconds - openedAt : 0
        return rowCount >= limits.rowCount || age >= UInt64(limits.seconds) * 1_000_000_000
    }

    /// Ends the window and begins the next.
    ///
    /// - Returns: `nil` where there were fewer than 200 rows, which say nothing: the windows before
    ///   and after follow each other then.
    mutating func close(unitCount: Int?) -> DriftWindow? {
        defer {
            slots = [UInt64](repeating: 0, count: layout.slotCount)
            rowCount = 0
            openedAt = nil
        }
        guard Double(rowCount) >= DriftRule.windowMin else { return nil }
        number += 1
        let counts = layout.variables(slots)
        return DriftWindow(
            number: number, rowCount: rowCount, unitCount: unitCount,
            inputs: inputs.indices.map { inputs[$0].judge(counts.inputs[$0]) },
            outputs: outputs.indices.map { outputs[$0].judge(counts.outputs[$0]) })
    }
}
