// SPDX-License-Identifier: Apache-2.0

/// Finds leaves by elimination: each feature's cell rules out, in all trees at once, the leaves
/// that a value of that cell cannot reach. The one that is left in a tree is the row's.
///
/// After QuickScorer (Lucchese and others, SIGIR 2015): a split that sends a row right rules out
/// the leaves on its left, and of what remains the leftmost is the exit leaf. There masks are kept
/// for each split; here for each cell of each feature, already joined, for all trees side by side.
/// So a row costs one pass of `and` for each feature, whatever the trees' depth, in order through
/// memory and without a branch. It is good for many small trees, not for many features.
final class LeafMasks<Mask: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    private typealias Block = SIMD16<UInt32>

    private let search: CellSearch
    private let leaves: LeafTable
    /// For each cell, `blockCount` blocks of one mask a tree, padded; bit `k` stands for the leaf
    /// that is the `k`th from the left.
    private let table: [Block]
    private let blockCount: Int
    private let featureCount: Int

    /// How many blocks a table may have: 4 MiB, what a core's own cache may hold.
    private static var blockCountMax: Int { 1 << 16 }

    /// - Returns: `nil` when a tree has more leaves than a mask has bits, or the table would be too
    ///   large to be quick.
    init?(
        _ trees: [DecisionTree], cells: [FeatureCells], search: CellSearch,
        aggregation: TreeAggregation, featureCount: Int
    ) {
        let masksPerBlock = MemoryLayout<Block>.size / MemoryLayout<Mask>.size
        let blockCount = (trees.count + masksPerBlock - 1) / masksPerBlock
        let (count, overflow) = search.cellCount.multipliedReportingOverflow(by: blockCount)
        guard trees.allSatisfy({ $0.leafCount <= Mask.bitWidth }), !overflow,
            count <= Self.blockCountMax
        else { return nil }
        let layouts = trees.map(LeafOrder.init)
        guard
            let leaves = LeafTable(trees, orders: layouts.map(\.leaves), aggregation: aggregation)
        else { return nil }
        let positions = Dictionary(
            uniqueKeysWithValues: cells.enumerated().map { ($1.feature, $0) })
        var table = [Block](repeating: Block(repeating: .max), count: count)
        table.withUnsafeMutableBytes { bytes in
            let masks = bytes.bindMemory(to: Mask.self)
            for (number, tree) in trees.enumerated() {
                for (index, split) in tree.splits.enumerated() {
                    guard let position = positions[split.feature] else { continue }
                    let ruledOut = layouts[number].maskOfLeft(index, Mask.self)
                    for cell in 0..<cells[position].count
                    where !tree.goesLeft(split, cells[position].value(in: cell)) {
                        let row = search.firstCells[position] + cell
                        masks[row * blockCount * masksPerBlock + number] &= ~ruledOut
                    }
                }
            }
        }
        self.search = search
        self.leaves = leaves
        self.table = table
        self.blockCount = blockCount
        self.featureCount = featureCount
    }

    /// In bytes; enough to align the masks too.
    var scratchSize: Int {
        (blockCount + 1) * MemoryLayout<Block>.size
            + search.laneCount * MemoryLayout<Int32>.size
    }

    /// How many blocks are joined for a row.
    var work: Int { search.laneCount * blockCount }

    func write(
        _ rows: UnsafePointer<Double>, _ rowCount: Int, _ margins: UnsafeMutablePointer<Double>,
        _ scratch: UnsafeMutableRawPointer
    ) {
        let found = scratch.alignedUp(for: Block.self).assumingMemoryBound(to: Block.self)
        let cells = UnsafeMutableRawPointer(found + blockCount)
            .assumingMemoryBound(to: Int32.self)
        let masks = UnsafeRawPointer(found).assumingMemoryBound(to: Mask.self)
        for row in 0..<rowCount {
            search.find(rows + row * featureCount, cells)
            join(cells, into: found)
            leaves.write(margins + row * leaves.marginCount) { masks[$0].trailingZeroBitCount }
        }
    }

    /// Keeps in each tree the leaves that no feature rules out.
    @inline(__always)
    private func join(_ cells: UnsafePointer<Int32>, into found: UnsafeMutablePointer<Block>) {
        let laneCount = search.laneCount
        table.withUnsafeBufferPointer { table in
            guard let table = table.baseAddress, laneCount > 0 else {
                return found.update(repeating: Block(repeating: .max), count: blockCount)
            }
            var block = 0
            // Twelve registers of the sixteen that every x86-64 has; arm64 has twice as many.
            while block &+ 3 <= blockCount {
                let first = table + (Int(cells[0]) &* blockCount &+ block)
                var (mask0, mask1, mask2) = (first[0], first[1], first[2])
                var lane = 1
                while lane != laneCount {
                    let next = table + (Int(cells[lane]) &* blockCount &+ block)
                    mask0 &= next[0]
                    mask1 &= next[1]
                    mask2 &= next[2]
                    lane &+= 1
                }
                found[block] = mask0
                found[block &+ 1] = mask1
                found[block &+ 2] = mask2
                block &+= 3
            }
            while block != blockCount {
                var mask = table[Int(cells[0]) &* blockCount &+ block]
                for lane in 1..<laneCount {
                    mask &= table[Int(cells[lane]) &* blockCount &+ block]
                }
                found[block] = mask
                block &+= 1
            }
        }
    }
}

/// The leaves of a tree from left to right.
struct LeafOrder {
    /// By their numbers in the tree.
    private(set) var leaves: [Int]
    /// For each split, which of them lie on its left.
    private var lefts: [Range<Int>]

    init(_ tree: DecisionTree) {
        var counts = [Int](repeating: 1, count: tree.splits.count)
        func count(_ child: Int) -> Int { child < 0 ? 1 : counts[child] }
        for index in tree.splits.indices.reversed() {
            counts[index] = count(tree.splits[index].left) + count(tree.splits[index].right)
        }
        leaves = [Int](repeating: 0, count: tree.leafCount)
        lefts = []
        var starts = [Int](repeating: 0, count: tree.splits.count)
        for (index, split) in tree.splits.enumerated() {
            let middle = starts[index] + count(split.left)
            for (child, start) in [(split.left, starts[index]), (split.right, middle)] {
                if child < 0 { leaves[start] = ~child } else { starts[child] = start }
            }
            lefts.append(starts[index]..<middle)
        }
    }

    /// A bit for each leaf on the left of a split.
    func maskOfLeft<Mask: FixedWidthInteger>(_ split: Int, _: Mask.Type) -> Mask {
        let left = lefts[split]
        // Fewer than all leaves lie left, so no shift takes all bits.
        return ((1 as Mask) << Mask(left.count) - 1) << Mask(left.lowerBound)
    }
}
