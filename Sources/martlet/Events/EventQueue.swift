// SPDX-License-Identifier: Apache-2.0
package import Serving

/// Events that wait to be delivered, oldest first. When it is full the oldest one goes: the newest
/// tells best how things are.
package struct EventQueue: Sendable {
    private let countMax: Int
    private var waiting: [ServiceEvent] = []

    /// - Parameter countMax: at least 1.
    package init(countMax: Int) {
        self.countMax = max(1, countMax)
    }

    package var count: Int { waiting.count }

    /// - Returns: the event that had to go.
    package mutating func append(_ event: ServiceEvent) -> ServiceEvent? {
        waiting.append(event)
        return waiting.count > countMax ? waiting.removeFirst() : nil
    }

    package mutating func next() -> ServiceEvent? {
        waiting.isEmpty ? nil : waiting.removeFirst()
    }
}
