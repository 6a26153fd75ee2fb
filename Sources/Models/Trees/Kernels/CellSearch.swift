// SPDX-License-Identifier: Apache-2.0

/// Finds the cells of a row's values by binary search, without a branch on the data: a wrong guess
/// costs as much as three steps.
///
/// Cuts lie as a perfect tree, breadth first, padded with infinity (Khuong and Morin, "Array
/// layouts for comparison-based searching", 2017), so that a step is `2i + (x > cut)`. Four
/// features of about equal depth go in step, since one alone would wait for its loads. A NaN is
/// above all cuts, and above the padding too, of which there always is some: by that it is known.
struct CellSearch: Sendable {
    /// A feature in a group.
    private struct Lane: Sendable {
        let feature: Int32
        /// Of its cuts in `cuts`; the root is one further.
        let start: Int32
        /// Added to a place in the last level: the number of its cell among all features'.
        let offset: Int32
        /// The greatest place; NaN's own lies above it.
        let last: Int32
    }

    private struct Group: Sendable {
        let lanes: (Lane, Lane, Lane, Lane)
        let depth: Int
    }

    private let groups: [Group]
    private let cuts: [Double]
    private let rounds: Bool
    /// Which of the features whose cells were given each lane finds; some twice, to fill a group.
    let features: [Int]
    /// For each of these features, the number of its first cell among all features'.
    let firstCells: [Int]
    let cellCount: Int

    var laneCount: Int { features.count }

    /// - Returns: `nil` when there are more cells than 2^30.
    init?(_ cells: [FeatureCells], precision: Precision) {
        var firsts: [Int] = []
        var count = 0
        for each in cells {
            firsts.append(count)
            count += each.count
        }
        guard count <= 1 << 30, cells.allSatisfy({ $0.feature <= Int(Int32.max) }) else {
            return nil
        }
        let order = cells.indices.sorted { cells[$0].count > cells[$1].count }
        var groups: [Group] = []
        var cuts: [Double] = []
        var features: [Int] = []
        for start in stride(from: 0, to: order.count, by: 4) {
            let members = (0..<4).map { order[min(start + $0, order.count - 1)] }
            // One place at least is left over.
            let depth = Int.bitWidth - cells[members[0]].missingCell.leadingZeroBitCount
            let lanes = members.map { member in
                let first = cuts.count
                Self.append(cells[member].cuts, depth: depth, to: &cuts)
                return Lane(
                    feature: Int32(cells[member].feature), start: Int32(first),
                    offset: Int32(firsts[member] - 1 << depth),
                    last: Int32(1 << depth + cells[member].missingCell))
            }
            groups.append(
                Group(lanes: (lanes[0], lanes[1], lanes[2], lanes[3]), depth: depth))
            features += members
        }
        guard cuts.count <= 1 << 30 else { return nil }
        self.groups = groups
        self.cuts = cuts
        self.features = features
        rounds = precision == .float32
        firstCells = firsts
        cellCount = count
    }

    private static func append(_ sorted: [Double], depth: Int, to cuts: inout [Double]) {
        let first = cuts.count
        cuts += [Double](repeating: .infinity, count: 1 << depth)
        for (rank, cut) in sorted.enumerated() {
            // The place of rank r in order: its odd part tells the level, the rest the column.
            let height = (rank + 1).trailingZeroBitCount
            let level = depth - 1 - height
            cuts[first + 1 << level + (rank + 1) >> (height + 1)] = cut
        }
    }

    /// Writes the number of the cell of each lane's feature.
    ///
    /// - Parameters:
    ///   - row: one value for each feature of the model.
    ///   - cells: room for `laneCount`.
    @inline(__always)
    func find(_ row: UnsafePointer<Double>, _ cells: UnsafeMutablePointer<Int32>) {
        groups.withUnsafeBufferPointer { groups in
            cuts.withUnsafeBufferPointer { cuts in
                guard let first = groups.baseAddress, let cuts = cuts.baseAddress else { return }
                if rounds {
                    Self.find(row, first, groups.count, cuts, cells) { Double(Float($0)) }
                } else {
                    Self.find(row, first, groups.count, cuts, cells) { $0 }
                }
            }
        }
    }

    @inline(__always)
    private static func find(
        _ row: UnsafePointer<Double>, _ groups: UnsafePointer<Group>, _ count: Int,
        _ cuts: UnsafePointer<Double>, _ cells: UnsafeMutablePointer<Int32>,
        _ rounded: (Double) -> Double
    ) {
        var group = groups
        var cells = cells
        let end = groups + count
        // A loop over a range makes the compiler turn one lane's comparison into a branch.
        while group != end {
            let (lane0, lane1, lane2, lane3) = group.pointee.lanes
            let (cuts0, cuts1) = (cuts + Int(lane0.start), cuts + Int(lane1.start))
            let (cuts2, cuts3) = (cuts + Int(lane2.start), cuts + Int(lane3.start))
            let value0 = rounded(row[Int(lane0.feature)])
            let value1 = rounded(row[Int(lane1.feature)])
            let value2 = rounded(row[Int(lane2.feature)])
            let value3 = rounded(row[Int(lane3.feature)])
            var (place0, place1, place2, place3) = (1, 1, 1, 1)
            var depth = group.pointee.depth
            repeat {
                place0 = step(place0, cuts0, value0)
                place1 = step(place1, cuts1, value1)
                place2 = step(place2, cuts2, value2)
                place3 = step(place3, cuts3, value3)
                depth &-= 1
            } while depth != 0
            cells[0] = min(Int32(truncatingIfNeeded: place0), lane0.last) &+ lane0.offset
            cells[1] = min(Int32(truncatingIfNeeded: place1), lane1.last) &+ lane1.offset
            cells[2] = min(Int32(truncatingIfNeeded: place2), lane2.last) &+ lane2.offset
            cells[3] = min(Int32(truncatingIfNeeded: place3), lane3.last) &+ lane3.offset
            cells += 4
            group += 1
        }
    }

    @inline(__always)
    private static func step(
        _ place: Int, _ cuts: UnsafePointer<Double>, _ value: Double
    ) -> Int {
        2 &* place &+ Int(bit: !(value <= cuts[place]))
    }
}

extension Int {
    /// 1 for true, as an instruction and never as a branch.
    @inline(__always)
    init(bit: Bool) { self = Int(truncatingIfNeeded: unsafeBitCast(bit, to: UInt8.self)) }
}
