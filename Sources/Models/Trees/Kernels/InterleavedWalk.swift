// SPDX-License-Identifier: Apache-2.0

/// Walks eight trees of a row, or eight rows of a tree, at once: a walk alone waits for its loads,
/// eight hide each other's waits.
///
/// A node has eight bytes and its children are neighbours, so that a step is
/// `left + (column > bound)` without a branch; a leaf leads to itself, so that all walks of a group
/// take as many steps as its deepest tree.
final class InterleavedWalk: Sendable {
    private struct Node: Sendable {
        let column: UInt16
        let bound: UInt16
        /// Of the left child; the right one is next.
        let left: UInt32
    }

    /// Eight trees of about equal depth; the last may be there more than once.
    private struct Group: Sendable {
        let roots: SIMD8<UInt32>
        let trees: SIMD8<UInt32>
        let depth: Int
    }

    /// Consecutive trees whose nodes stay in a core's nearest cache together.
    private typealias Block = Range<Int>

    private let columns: CellColumns
    private let leaves: LeafTable
    /// Tree by tree, breadth first.
    private let nodes: [Node]
    /// For each node, which leaf it is.
    private let leafNumbers: [UInt32]
    private let roots: [UInt32]
    private let depths: [Int]
    private let groups: [Group]
    private let blocks: [Block]
    private let featureCount: Int

    private static var rowsPerBlock: Int { 64 }
    private static var nodesPerBlock: Int { 2048 }

    /// - Returns: `nil` when there are too many columns or nodes.
    init?(
        _ trees: [DecisionTree], cells: [FeatureCells], search: CellSearch,
        aggregation: TreeAggregation, featureCount: Int
    ) {
        guard let columns = CellColumns(trees, cells: cells, search: search),
            let leaves = LeafTable(
                trees, orders: trees.map { Array(0..<$0.leafCount) }, aggregation: aggregation),
            trees.reduce(0, { $0 + 2 * $1.leafCount }) <= Int(Int32.max)
        else { return nil }
        var nodes: [Node] = []
        var leafNumbers: [UInt32] = []
        var roots: [UInt32] = []
        var depths: [Int] = []
        for tree in trees {
            roots.append(UInt32(nodes.count))
            guard let depth = Self.append(tree, columns, to: &nodes, &leafNumbers) else {
                return nil
            }
            depths.append(depth)
        }
        self.columns = columns
        self.leaves = leaves
        self.nodes = nodes
        self.leafNumbers = leafNumbers
        self.roots = roots
        self.depths = depths
        self.featureCount = featureCount
        groups = Self.groups(roots, depths)
        blocks = Self.blocks(roots, nodeCount: nodes.count)
    }

    /// - Returns: the depth of the deepest leaf.
    private static func append(
        _ tree: DecisionTree, _ columns: CellColumns, to nodes: inout [Node],
        _ leafNumbers: inout [UInt32]
    ) -> Int? {
        var level = [tree.splits.isEmpty ? ~0 : 0]
        var depth = 0
        while true {
            // The next level begins where this one ends.
            var left = nodes.count + level.count
            var next: [Int] = []
            for child in level {
                guard child >= 0 else {
                    nodes.append(
                        Node(column: 0, bound: CellColumns.leafBound, left: UInt32(nodes.count)))
                    leafNumbers.append(UInt32(~child))
                    continue
                }
                let split = tree.splits[child]
                guard let test = columns.test(split, of: tree) else { return nil }
                nodes.append(Node(column: test.column, bound: test.bound, left: UInt32(left)))
                leafNumbers.append(0)
                next += [split.left, split.right]
                left += 2
            }
            if next.isEmpty { return depth }
            level = next
            depth += 1
        }
    }

    private static func groups(_ roots: [UInt32], _ depths: [Int]) -> [Group] {
        let order = roots.indices.sorted { (depths[$0], $0) < (depths[$1], $1) }
        return stride(from: 0, to: order.count, by: 8).map { start in
            let trees = (0..<8).map { order[min(start + $0, order.count - 1)] }
            return Group(
                roots: SIMD8(trees.map { roots[$0] }), trees: SIMD8(trees.map(UInt32.init)),
                depth: depths[trees[7]])
        }
    }

    private static func blocks(_ roots: [UInt32], nodeCount: Int) -> [Block] {
        var blocks: [Block] = []
        var first = 0
        for tree in roots.indices {
            let end = tree + 1 < roots.count ? Int(roots[tree + 1]) : nodeCount
            guard end - Int(roots[first]) > nodesPerBlock, tree > first else { continue }
            blocks.append(first..<tree)
            first = tree
        }
        return blocks + [first..<roots.count]
    }

    /// In bytes.
    var scratchSize: Int {
        roots.count * MemoryLayout<UInt32>.size + columns.laneCount * MemoryLayout<Int32>.size
            + columns.columnCount * Self.rowsPerBlock * MemoryLayout<UInt16>.size
    }

    /// How many steps a row takes.
    var work: Int { depths.reduce(0, +) }

    func write(
        _ rows: UnsafePointer<Double>, _ rowCount: Int, _ margins: UnsafeMutablePointer<Double>,
        _ scratch: UnsafeMutableRawPointer
    ) {
        let reached = scratch.assumingMemoryBound(to: UInt32.self)
        let found = (scratch + roots.count * MemoryLayout<UInt32>.size)
            .assumingMemoryBound(to: Int32.self)
        let values = UnsafeMutableRawPointer(found + columns.laneCount)
            .assumingMemoryBound(to: UInt16.self)
        nodes.withUnsafeBufferPointer { nodes in
            guard let nodes = nodes.baseAddress else { return }
            var row = 0
            while rowCount - row >= 8 {
                let count = min(Self.rowsPerBlock, (rowCount - row) & ~7)
                write(
                    rows + row * featureCount, eights: count / 8,
                    margins + row * leaves.marginCount, nodes, found, values)
                row += count
            }
            while row < rowCount {
                columns.write(rows + row * featureCount, found, values, stride: 1)
                walk(nodes, values, reached)
                leaves.write(margins + row * leaves.marginCount) { Int(reached[$0]) }
                row += 1
            }
        }
    }

    /// Eight trees of a row at once.
    @inline(__always)
    private func walk(
        _ nodes: UnsafePointer<Node>, _ values: UnsafePointer<UInt16>,
        _ reached: UnsafeMutablePointer<UInt32>
    ) {
        for group in groups {
            let roots = group.roots
            var eight: Eight = (
                roots[0], roots[1], roots[2], roots[3], roots[4], roots[5], roots[6], roots[7]
            )
            Self.descend(&eight, group.depth) { node, _ in
                let node = nodes[Int(node)]
                return node.left &+ UInt32(Int(bit: values[Int(node.column)] > node.bound))
            }
            let trees = group.trees
            leafNumbers.withUnsafeBufferPointer { leaf in
                reached[Int(trees[0])] = leaf[Int(eight.0)]
                reached[Int(trees[1])] = leaf[Int(eight.1)]
                reached[Int(trees[2])] = leaf[Int(eight.2)]
                reached[Int(trees[3])] = leaf[Int(eight.3)]
                reached[Int(trees[4])] = leaf[Int(eight.4)]
                reached[Int(trees[5])] = leaf[Int(eight.5)]
                reached[Int(trees[6])] = leaf[Int(eight.6)]
                reached[Int(trees[7])] = leaf[Int(eight.7)]
            }
        }
    }

    private typealias Eight = (
        UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32
    )

    @inline(__always)
    private static func descend(
        _ eight: inout Eight, _ depth: Int, _ step: (_ node: UInt32, _ lane: Int) -> UInt32
    ) {
        var depth = depth
        while depth != 0 {
            eight = (
                step(eight.0, 0), step(eight.1, 1), step(eight.2, 2), step(eight.3, 3),
                step(eight.4, 4), step(eight.5, 5), step(eight.6, 6), step(eight.7, 7)
            )
            depth &-= 1
        }
    }
}

/// Many rows.
extension InterleavedWalk {
    /// Eight rows of a tree at once, and a block of trees over all of the rows, so that both nodes
    /// and rows stay near.
    ///
    /// - Parameters:
    ///   - eights: how many times eight rows; at most `rowsPerBlock / 8`.
    ///   - values: for each eight their columns, the rows' values of a column side by side.
    private func write(
        _ rows: UnsafePointer<Double>, eights: Int, _ margins: UnsafeMutablePointer<Double>,
        _ nodes: UnsafePointer<Node>, _ found: UnsafeMutablePointer<Int32>,
        _ values: UnsafeMutablePointer<UInt16>
    ) {
        let width = columns.columnCount * 8
        for row in 0..<eights * 8 {
            columns.write(
                rows + row * featureCount, found, values + (row / 8 * width + row % 8), stride: 8)
            leaves.start(margins + row * leaves.marginCount)
        }
        for block in blocks {
            for eight in 0..<eights {
                for tree in block {
                    add(
                        tree, nodes, values + eight * width,
                        margins + eight * 8 * leaves.marginCount)
                }
            }
        }
        for row in 0..<eights * 8 { leaves.finish(margins + row * leaves.marginCount) }
    }

    @inline(__always)
    private func add(
        _ tree: Int, _ nodes: UnsafePointer<Node>, _ values: UnsafePointer<UInt16>,
        _ margins: UnsafeMutablePointer<Double>
    ) {
        let root = roots[tree]
        var eight: Eight = (root, root, root, root, root, root, root, root)
        Self.descend(&eight, depths[tree]) { node, lane in
            let node = nodes[Int(node)]
            let value = values[Int(node.column) &* 8 &+ lane]
            return node.left &+ UInt32(Int(bit: value > node.bound))
        }
        let count = leaves.marginCount
        leafNumbers.withUnsafeBufferPointer { leaf in
            func add(_ lane: Int, _ node: UInt32) {
                leaves.add(tree..<tree + 1, margins + lane * count) { _ in Int(leaf[Int(node)]) }
            }
            add(0, eight.0)
            add(1, eight.1)
            add(2, eight.2)
            add(3, eight.3)
            add(4, eight.4)
            add(5, eight.5)
            add(6, eight.6)
            add(7, eight.7)
        }
    }
}
