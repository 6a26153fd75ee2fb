// SPDX-License-Identifier: Apache-2.0
import Models
import Synchronization

/// Counts what a version is asked and answers, in a shard for each loop and one for all other
/// threads.
///
/// A row that the sample passes over costs a load and a store. For one that it takes a lock is
/// held, which nobody else wants but once a second whoever collects.
final class DriftTally: Sendable {
    private final class Shard: Sendable {
        /// How many rows come before the next to be counted. Two threads of the shared shard may
        /// both see the same: the sample is a little off then, and no count is.
        let passing = Atomic<Int>(0)
        let counter: Mutex<DriftCounter>

        init(_ counter: DriftCounter) {
            self.counter = Mutex(counter)
        }
    }

    let layout: ProfileLayout
    private let output: Output
    private let width: Int
    private let shards: [Shard]

    /// - Parameter model: has a profile of this layout.
    init(_ model: Model, _ layout: ProfileLayout, shardCount: Int, seed: UInt64) {
        self.layout = layout
        output = model.output
        width = model.schema.count
        shards = (0..<shardCount).map { shard in
            Shard(
                DriftCounter(slotCount: layout.slotCount, seed: seed &+ UInt64(shard)))
        }
    }

    /// Counts a request that was answered.
    ///
    /// - Parameter margins: those of all its rows.
    @inline(__always)
    func count(
        _ request: borrowing PredictRequest, margins: [Double], unit: DriftUnit, shard: Int,
        _ scratch: inout [Double]
    ) {
        let passing = shards[shard].passing.load(ordering: .relaxed)
        let rowCount = request.rowCount
        guard passing < rowCount else {
            shards[shard].passing.store(passing - rowCount, ordering: .relaxed)
            return
        }
        let rows = DriftCounter.Rows(
            values: request.rows, width: width, count: rowCount, texts: request.texts,
            margins: margins, unit: unit)
        count(rows, from: passing, shards[shard], &scratch)
    }

    private func count(
        _ rows: DriftCounter.Rows, from first: Int, _ shard: Shard, _ scratch: inout [Double]
    ) {
        let left = shard.counter.withLock { $0.count(rows, from: first, layout, output, &scratch) }
        shard.passing.store(left, ordering: .relaxed)
    }

    /// Adds what was counted since the last time to `slots`.
    ///
    /// - Returns: how many rows that is.
    func collect(into slots: inout [UInt64]) -> Int {
        var rowCount = 0
        var fresh = [UInt64](repeating: 0, count: layout.slotCount)
        for shard in shards {
            let count = shard.counter.withLock { $0.take(&fresh) }
            rowCount += count
            guard count > 0 else { continue }
            for (slot, count) in fresh.enumerated() { slots[slot] &+= count }
            fresh = [UInt64](repeating: 0, count: layout.slotCount)
        }
        return rowCount
    }

    /// Who the rows are from since the last time: `nil` where that is not known of all.
    func collectUnits() -> Int? {
        var units: Set<UInt64> = []
        var unknownCount = 0
        for shard in shards {
            let taken = shard.counter.withLock { $0.takeUnits() }
            units.formUnion(taken.units.elements)
            unknownCount += taken.unknownCount
        }
        return unknownCount == 0 ? units.count : nil
    }
}
