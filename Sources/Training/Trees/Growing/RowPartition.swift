// SPDX-License-Identifier: Apache-2.0

/// The numbers of the rows that a tree is grown on, a leaf's rows adjacent and ascending.
struct RowPartition {
    private static let blockLength = 1 << 14

    private let rows: Cells<UInt32>
    private let others: Cells<UInt32>
    /// How many rows are in play.
    private(set) var count = 0

    /// - Parameter capacity: how many rows may be in play.
    init(capacity: Int) {
        rows = Cells(repeating: 0, count: capacity)
        others = Cells(repeating: 0, count: capacity)
    }

    /// Puts all rows below `count` into one leaf.
    mutating func reset(count: Int) {
        self.count = count
        for row in 0..<count { rows.start[row] = UInt32(truncatingIfNeeded: row) }
    }

    /// Puts these rows, ascending, into one leaf.
    mutating func reset(_ chosen: [UInt32]) {
        count = chosen.count
        for (index, row) in chosen.enumerated() { rows[index] = row }
    }

    @inline(__always)
    subscript(index: Int) -> Int { Int(rows.start[index]) }

    func start(_ range: Range<Int>) -> UnsafePointer<UInt32> {
        UnsafePointer(rows.start + range.lowerBound)
    }

    /// Moves the rows whose bin is in the set before the others; both keep their order.
    ///
    /// - Parameter column: a feature's bins, `BinnedMatrix.groupWidth` bytes apart.
    /// - Returns: where the others begin.
    func split(
        _ range: Range<Int>, column: UnsafePointer<UInt8>, leftBins: BinSet, workers: Workers
    ) -> Int {
        var goesLeft = [UInt8](repeating: 0, count: 256)
        for bin in 0..<256 where leftBins.contains(bin) { goesLeft[bin] = 1 }
        let blockCount = (range.count + Self.blockLength - 1) / Self.blockLength
        var leftCounts = [Int](repeating: 0, count: blockCount)
        goesLeft.withUnsafeBufferPointer { table in
            leftCounts.withUnsafeMutableBufferPointer { leftCounts in
                workers.perform(blocksOf: Self.blockLength, of: range.count) { block, part in
                    leftCounts[block] = splitBlock(
                        range.lowerBound + part.lowerBound, part.count, column, table)
                }
            }
        }
        // Every block has its left rows at its start, its right ones in `others`.
        var end = range.lowerBound
        for block in 0..<blockCount {
            let start = range.lowerBound + block * Self.blockLength
            if start != end {
                (rows.start + end).update(from: rows.start + start, count: leftCounts[block])
            }
            end += leftCounts[block]
        }
        let middle = end
        for block in 0..<blockCount {
            let start = range.lowerBound + block * Self.blockLength
            let count = min(Self.blockLength, range.upperBound - start) - leftCounts[block]
            (rows.start + end).update(from: others.start + start, count: count)
            end += count
        }
        return middle
    }

    /// Without a branch, which would be mispredicted for many rows. Returns how many go left.
    private func splitBlock(
        _ start: Int, _ count: Int, _ column: UnsafePointer<UInt8>,
        _ goesLeft: UnsafeBufferPointer<UInt8>
    ) -> Int {
        let rows = rows.start + start
        let others = others.start + start
        guard let goesLeft = goesLeft.baseAddress else { return 0 }
        var left = 0
        for index in 0..<count {
            let row = rows[index]
            let bin = Int(column[Int(row) &* BinnedMatrix.groupWidth])
            rows[left] = row
            others[index &- left] = row
            left &+= Int(goesLeft[bin])
        }
        return left
    }
}
