// SPDX-License-Identifier: Apache-2.0

/// What waits to be delivered, oldest first. When it is full the oldest goes: the newest tells best
/// how things are.
package struct BoundedQueue<Element: Sendable>: Sendable {
    private let countMax: Int
    private var waiting: [Element] = []

    /// - Parameter countMax: at least 1.
    package init(countMax: Int) {
        self.countMax = max(1, countMax)
    }

    package var count: Int { waiting.count }

    /// - Returns: the element that had to go.
    package mutating func append(_ element: Element) -> Element? {
        waiting.append(element)
        return waiting.count > countMax ? waiting.removeFirst() : nil
    }

    package mutating func next() -> Element? {
        waiting.isEmpty ? nil : waiting.removeFirst()
    }
}
