// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A count that one loop keeps and a scrape reads; alone in its cache line, so that loops do not
/// slow one another down.
final class LoopGauge: Sendable {
    private let value = Atomic<Int>(0)
    private let padding = InlineArray<6, Int>(repeating: 0)

    @inline(__always)
    func add(_ count: Int) {
        value.wrappingAdd(count, ordering: .relaxed)
    }

    var current: Int { value.load(ordering: .relaxed) }
}
