// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Durations counted by size, in one cell for each loop.
///
/// The bounds are fixed for all histograms: 10 µs to 10 s, fine enough below a millisecond for a
/// server that answers in microseconds.
package final class Histogram: Sendable {
    static let boundCount = 18
    /// Upper bounds in nanoseconds, inclusive.
    static let boundsNanoseconds: InlineArray<18, Int> = [
        10_000, 25_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
        25_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000,
        2_500_000_000, 5_000_000_000, 10_000_000_000,
    ]

    package final class Cell: Sendable {
        /// One count for each bound, and one for what lies above them all; not cumulative.
        private let counts = InlineArray<19, Atomic<Int>> { _ in Atomic(0) }
        private let sumNanoseconds = Atomic<Int>(0)

        package func observe(nanoseconds: Int) {
            var index = 0
            while index < Histogram.boundCount,
                nanoseconds > Histogram.boundsNanoseconds[index]
            {
                index += 1
            }
            counts[index].wrappingAdd(1, ordering: .relaxed)
            sumNanoseconds.wrappingAdd(nanoseconds, ordering: .relaxed)
        }

        fileprivate func add(to snapshot: inout Snapshot) {
            for index in 0...Histogram.boundCount {
                snapshot.counts[index] &+= counts[index].load(ordering: .relaxed)
            }
            snapshot.sumNanoseconds &+= sumNanoseconds.load(ordering: .relaxed)
        }
    }

    struct Snapshot {
        var counts = [Int](repeating: 0, count: Histogram.boundCount + 1)
        var sumNanoseconds = 0
    }

    private let cells: [Cell]

    init(shardCount: Int) {
        cells = (0..<shardCount).map { _ in Cell() }
    }

    package subscript(shard: Int) -> Cell { cells[shard] }

    package func observe(nanoseconds: Int, shard: Int) {
        cells[shard].observe(nanoseconds: nanoseconds)
    }

    var snapshot: Snapshot {
        var snapshot = Snapshot()
        for cell in cells { cell.add(to: &snapshot) }
        return snapshot
    }
}
