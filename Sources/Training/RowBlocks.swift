// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A fixed partition of rows that is worked on in parallel.
///
/// The partition depends on the number of rows and the size of a result, never on the machine, and
/// results come back in order. Reducing them in that order gives the same bits for any number of
/// threads.
struct RowBlocks: Sendable {
    private static let blockCountMax = 64
    private static let byteCountMax = 256 << 20

    let ranges: [Range<Int>]

    /// - Parameter resultByteCount: what one block's result occupies.
    init(rowCount: Int, resultByteCount: Int, rowCountMin: Int = 1024) {
        let affordable = max(1, Self.byteCountMax / max(resultByteCount, 1))
        let useful = (rowCount + rowCountMin - 1) / rowCountMin
        let count = max(1, min(useful, affordable, Self.blockCountMax))
        ranges = (0..<count).map { rowCount * $0 / count..<rowCount * ($0 + 1) / count }
    }

    /// The results of all blocks, in order.
    func map<Result: Sendable>(_ body: @Sendable (Int, Range<Int>) -> Result) -> [Result] {
        let results = Mutex([Result?](repeating: nil, count: ranges.count))
        Workers.current.perform(ranges.count) { index in
            let result = body(index, ranges[index])
            results.withLock { $0[index] = result }
        }
        return results.withLock { $0.compactMap(\.self) }
    }
}
