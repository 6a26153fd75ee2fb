// SPDX-License-Identifier: Apache-2.0
package import Synchronization

/// A number that only grows, kept in one cell for each loop.
///
/// A loop adds to its own cell, so that no cache line travels between cores; a scrape adds the
/// cells up. Any thread may add to any cell: the addition is atomic.
package final class Counter: Sendable {
    /// The cell of one shard; look it up once and keep it.
    package final class Cell: Sendable {
        @usableFromInline let value = Atomic<Int>(0)
        /// Keeps the next cell out of this one's cache line.
        private let padding = InlineArray<6, Int>(repeating: 0)

        @inlinable
        package func add(_ count: Int = 1) {
            value.wrappingAdd(count, ordering: .relaxed)
        }

        var current: Int { value.load(ordering: .relaxed) }
    }

    private let cells: [Cell]

    init(shardCount: Int) {
        cells = (0..<shardCount).map { _ in Cell() }
    }

    package subscript(shard: Int) -> Cell { cells[shard] }

    package func add(_ count: Int, shard: Int) {
        cells[shard].add(count)
    }

    package var total: Int { cells.reduce(0) { $0 &+ $1.current } }
}
