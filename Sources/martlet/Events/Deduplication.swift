// SPDX-License-Identifier: Apache-2.0

/// Which events have been told: an id counts once within a window.
package struct Deduplication: Sendable {
    private let windowNanoseconds: UInt64
    private let idCountMax: Int
    private var admitted: Set<String> = []
    /// In the order of their times; those before `first` are forgotten.
    private var order: [(id: String, time: UInt64)] = []
    private var first = 0

    /// - Parameter idCountMax: above it the oldest is forgotten, at least 1.
    package init(windowNanoseconds: UInt64, idCountMax: Int) {
        self.windowNanoseconds = windowNanoseconds
        self.idCountMax = max(1, idCountMax)
    }

    package var idCount: Int { admitted.count }

    /// Whether the id is new. The window begins with its first event and is not made longer by
    /// those that repeat it.
    ///
    /// - Parameter now: in nanoseconds; never less than in the call before.
    package mutating func admits(_ id: String, at now: UInt64) -> Bool {
        while first < order.count, now - order[first].time >= windowNanoseconds { forgetOldest() }
        guard admitted.insert(id).inserted else { return false }
        order.append((id, now))
        if admitted.count > idCountMax { forgetOldest() }
        return true
    }

    private mutating func forgetOldest() {
        admitted.remove(order[first].id)
        first += 1
        guard first > 64, first * 2 > order.count else { return }
        order.removeFirst(first)
        first = 0
    }
}
