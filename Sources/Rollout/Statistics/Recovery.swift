// SPDX-License-Identifier: Apache-2.0

/// Whether what was accused is fine again: `M = max(1, M)·f`, the alternative a tenth of the limit.
/// 664 good events in a row reach 20 at a limit of 0.5 %; a bad one throws back to a tenth.
package struct Recovery: Equatable, Sendable {
    private var test: RateTest
    package private(set) var value = 1.0

    package init(limit: Double) { test = RateTest(limit: limit, alternatives: [limit / 10]) }

    package mutating func update(isBad: Bool) {
        value = min(1e200, max(1, value) * test[isBad][0])
    }

    package mutating func reset(limit: Double) { self = Recovery(limit: limit) }

    mutating func transfer(_ coder: inout SnapshotCoder) throws(SnapshotError) {
        try coder.transfer(&value)
    }
}
