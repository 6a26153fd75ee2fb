// SPDX-License-Identifier: Apache-2.0

/// One of the ways to find the leaves of an ensemble. All give the same bits.
///
/// They are classes, as a call would otherwise count references to each of their tables, which took
/// longer than the tables' use.
enum TreeKernel: Sendable {
    case plain(PlainWalk)
    case walk(InterleavedWalk)
    /// For up to 16, 32 and 64 leaves.
    case masks16(LeafMasks<UInt16>)
    case masks32(LeafMasks<UInt32>)
    case masks64(LeafMasks<UInt64>)

    /// For logs and measurements.
    var name: String {
        switch self {
        case .plain: "plain-walk"
        case .walk: "interleaved-walk"
        case .masks16, .masks32, .masks64: "leaf-masks"
        }
    }

    /// Writes the margins of row-major rows.
    ///
    /// - Parameters:
    ///   - margins: room for the ensemble's margins of all rows, and behind them for
    ///     `scratchCount` numbers; what stands there afterwards is without meaning.
    @inline(__always)
    func write(
        _ rows: UnsafePointer<Double>, rowCount: Int, marginCount: Int,
        _ margins: UnsafeMutablePointer<Double>
    ) {
        let scratch = UnsafeMutableRawPointer(margins + rowCount * marginCount)
        switch self {
        case .plain(let kernel): kernel.write(rows, rowCount, margins, scratch)
        case .walk(let kernel): kernel.write(rows, rowCount, margins, scratch)
        case .masks16(let kernel): kernel.write(rows, rowCount, margins, scratch)
        case .masks32(let kernel): kernel.write(rows, rowCount, margins, scratch)
        case .masks64(let kernel): kernel.write(rows, rowCount, margins, scratch)
        }
    }

    /// How many numbers as wide as a margin it needs to work with.
    var scratchCount: Int {
        let size =
            switch self {
            case .plain(let kernel): kernel.scratchSize
            case .walk(let kernel): kernel.scratchSize
            case .masks16(let kernel): kernel.scratchSize
            case .masks32(let kernel): kernel.scratchSize
            case .masks64(let kernel): kernel.scratchSize
            }
        return (size + MemoryLayout<Double>.size - 1) / MemoryLayout<Double>.size
    }

    /// Joined blocks or steps for a row: what an ensemble costs before it is measured.
    private var work: Int {
        switch self {
        case .plain: .max
        case .walk(let kernel): kernel.work
        case .masks16(let kernel): kernel.work
        case .masks32(let kernel): kernel.work
        case .masks64(let kernel): kernel.work
        }
    }

    /// Every kernel that can take the ensemble, the likely quickest first.
    ///
    /// - Returns: none with more than 2^31 leaf values.
    static func all(
        _ trees: [DecisionTree], aggregation: TreeAggregation, featureCount: Int
    ) -> [TreeKernel] {
        var kernels: [TreeKernel] = []
        // Places of cells, and NaN's and a leaf's own, fit sixteen bits.
        if let cells = FeatureCells.all(of: trees, countMax: Int(UInt16.max) - 3),
            let search = CellSearch(cells, precision: aggregation.precision)
        {
            func masks<Mask>(_: Mask.Type) -> LeafMasks<Mask>? {
                LeafMasks(
                    trees, cells: cells, search: search, aggregation: aggregation,
                    featureCount: featureCount)
            }
            if let kernel = masks(UInt16.self) {
                kernels.append(.masks16(kernel))
            } else if let kernel = masks(UInt32.self) {
                kernels.append(.masks32(kernel))
            } else if let kernel = masks(UInt64.self) {
                kernels.append(.masks64(kernel))
            }
            if let kernel = InterleavedWalk(
                trees, cells: cells, search: search, aggregation: aggregation,
                featureCount: featureCount)
            {
                kernels.append(.walk(kernel))
            }
        }
        if let kernel = PlainWalk(trees, aggregation: aggregation, featureCount: featureCount) {
            kernels.append(.plain(kernel))
        }
        return kernels.sorted { $0.work < $1.work }
    }
}
