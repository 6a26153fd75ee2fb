// SPDX-License-Identifier: Apache-2.0

/// What the leaves of an ensemble add, and the sum of a row: in the trees' order and the source
/// library's precision, whichever way the leaves were found.
struct LeafTable: Sendable {
    private struct Tree: Sendable {
        /// Of its values.
        let start: Int32
        let width: Int32
        let firstMargin: Int32
    }

    private let trees: [Tree]
    /// Tree by tree, leaf-major.
    private let values: [Double]
    private let aggregation: TreeAggregation
    /// Every tree adds one number to the one margin.
    private let isScalar: Bool

    let marginCount: Int

    /// - Parameter orders: for each tree its leaves in the order in which a kernel counts them.
    /// - Returns: `nil` with more than 2^31 values.
    init?(_ trees: [DecisionTree], orders: [[Int]], aggregation: TreeAggregation) {
        var entries: [Tree] = []
        var values: [Double] = []
        for (tree, order) in zip(trees, orders) {
            let width = tree.leafWidth
            guard values.count + tree.leafValues.count <= Int(Int32.max) else { return nil }
            entries.append(
                Tree(
                    start: Int32(values.count), width: Int32(width),
                    firstMargin: Int32(tree.firstMargin)))
            for leaf in order { values += tree.leafValues[leaf * width..<(leaf + 1) * width] }
        }
        self.trees = entries
        self.values = values
        self.aggregation = aggregation
        marginCount = aggregation.marginCount
        isScalar = marginCount == 1
    }

    /// Writes a row's margins.
    ///
    /// - Parameter leaf: the number of the leaf that the row ends in, in the tree's order.
    @inline(__always)
    func write(_ margins: UnsafeMutablePointer<Double>, _ leaf: (_ tree: Int) -> Int) {
        start(margins)
        add(0..<trees.count, margins, leaf)
        finish(margins)
    }

    @inline(__always)
    func start(_ margins: UnsafeMutablePointer<Double>) {
        for index in 0..<marginCount { margins[index] = aggregation.start[index] }
    }

    @inline(__always)
    func finish(_ margins: UnsafeMutablePointer<Double>) {
        for index in 0..<marginCount {
            margins[index] = aggregation.finished(margins[index], margin: index)
        }
    }

    /// Adds what some of the trees add.
    @inline(__always)
    func add(
        _ range: Range<Int>, _ margins: UnsafeMutablePointer<Double>, _ leaf: (_ tree: Int) -> Int
    ) {
        trees.withUnsafeBufferPointer { trees in
            values.withUnsafeBufferPointer { values in
                if !isScalar {
                    addEach(range, trees, values, margins, leaf)
                } else if aggregation.precision == .float32 {
                    var sum = Float(margins[0])
                    for tree in range {
                        sum += Float(values[Int(trees[tree].start) &+ leaf(tree)])
                    }
                    margins[0] = Double(sum)
                } else {
                    var sum = margins[0]
                    for tree in range { sum += values[Int(trees[tree].start) &+ leaf(tree)] }
                    margins[0] = sum
                }
            }
        }
    }

    @inline(__always)
    private func addEach(
        _ range: Range<Int>, _ trees: UnsafeBufferPointer<Tree>,
        _ values: UnsafeBufferPointer<Double>, _ margins: UnsafeMutablePointer<Double>,
        _ leaf: (_ tree: Int) -> Int
    ) {
        for index in range {
            let tree = trees[index]
            let width = Int(tree.width)
            let start = Int(tree.start) &+ leaf(index) &* width
            let sums = margins + Int(tree.firstMargin)
            for offset in 0..<width {
                // Rounding a double sum of two floats once more gives the float sum (Figueroa
                // 1995).
                sums[offset] = aggregation.precision.rounded(sums[offset] + values[start &+ offset])
            }
        }
    }
}
