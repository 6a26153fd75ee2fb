// SPDX-License-Identifier: Apache-2.0

/// A row as small integers, such that every split of an ensemble is `column > bound`, whatever its
/// rule and its missing values.
///
/// A column is a feature's cells in one order: for thresholds their own, with the cells that take
/// the default side moved below or above all others; for a set of categories, 0 if listed and 1 if
/// not. Splits that order the cells alike share a column.
struct CellColumns: Sendable {
    /// How many of the columns are a lane's, and where they stand.
    private struct Lane: Sendable {
        let firstCell: Int
        let firstEntry: Int
        let firstColumn: Int
        let columnCount: Int
    }

    private let search: CellSearch
    private let lanes: [Lane]
    /// Feature by feature, cell by cell, what the feature's columns hold.
    private let entries: [UInt16]
    let columnCount: Int
    private let columns: [[Order: Int]]
    private let positions: [Int: Int]
    private let cells: [FeatureCells]

    /// How the cells of a feature stand in a column.
    private enum Order: Hashable {
        /// As they rise. `nil`: zeros stand among them.
        case rising(missingLeft: Bool, zeroLeft: Bool?)
        /// By the words of the set, without zeros at their end: never by the cells, as each split
        /// of a feature may ask for a set and each may add cells.
        case listed(ArraySlice<UInt32>, missingLeft: Bool)
    }

    /// A split that has an order.
    private struct Example {
        let split: DecisionTree.Split
        let tree: DecisionTree
    }

    /// Above every cell, and below `leafBound`.
    private static let highest: UInt16 = .max - 1
    /// Nothing is greater.
    static let leafBound: UInt16 = .max
    /// 4 MiB of entries.
    private static let entryCountMax = 1 << 21

    /// - Parameter cells: at most 2^16 - 4 of each feature.
    /// - Returns: `nil` when there are too many columns or entries to be quick.
    init?(_ trees: [DecisionTree], cells: [FeatureCells], search: CellSearch) {
        positions = Dictionary(uniqueKeysWithValues: cells.enumerated().map { ($1.feature, $0) })
        var columns = [[Order: Int]](repeating: [:], count: cells.count)
        var examples = [[Example]](repeating: [], count: cells.count)
        var entryCount = 0
        for tree in trees {
            for split in tree.splits {
                guard let position = positions[split.feature] else { return nil }
                let order = Self.order(split, tree)
                guard columns[position][order] == nil else { continue }
                columns[position][order] = columns[position].count
                examples[position].append(Example(split: split, tree: tree))
                entryCount += cells[position].count
                guard entryCount <= Self.entryCountMax else { return nil }
            }
        }
        var entries: [UInt16] = []
        var byCell: [Lane] = []
        var column = 0
        for (position, each) in cells.enumerated() {
            byCell.append(
                Lane(
                    firstCell: search.firstCells[position], firstEntry: entries.count,
                    firstColumn: column, columnCount: columns[position].count))
            for cell in 0..<each.count {
                for example in examples[position] {
                    entries.append(Self.entry(cell, each, example))
                }
            }
            columns[position] = columns[position].mapValues { $0 + column }
            column += examples[position].count
        }
        guard column <= Int(UInt16.max) else { return nil }
        lanes = search.features.map { byCell[$0] }
        self.search = search
        self.entries = entries
        self.columns = columns
        self.cells = cells
        columnCount = column
    }

    private static func order(_ split: DecisionTree.Split, _ tree: DecisionTree) -> Order {
        switch split.rule {
        case .threshold:
            .rising(
                missingLeft: tree.goesLeft(split, .nan),
                zeroLeft: split.missing == .zero ? split.defaultsLeft : nil)
        case .categories(let range):
            .listed(
                tree.categoryWords[range].trimmingLast(while: { $0 == 0 }),
                missingLeft: split.defaultsLeft)
        }
    }

    private static func entry(
        _ cell: Int, _ cells: FeatureCells, _ example: Example
    ) -> UInt16 {
        let (split, value) = (example.split, cells.value(in: cell))
        let isLeft = example.tree.goesLeft(split, value)
        guard case .threshold = split.rule else { return isLeft ? 0 : 1 }
        // Where the split asks for its default side, its threshold does not count.
        if cell == cells.missingCell { return isLeft ? 0 : highest }
        if split.missing == .zero, value.magnitude <= DecisionTree.zeroBound {
            return split.defaultsLeft ? 0 : highest
        }
        return UInt16(cell + 1)
    }

    /// A split as the kernel asks it: right if the column is above the bound.
    func test(
        _ split: DecisionTree.Split, of tree: DecisionTree
    ) -> (column: UInt16, bound: UInt16)? {
        guard let position = positions[split.feature],
            let column = columns[position][Self.order(split, tree)]
        else { return nil }
        guard case .threshold(let threshold) = split.rule, !threshold.isNaN else {
            return (UInt16(column), 0)
        }
        return (UInt16(column), UInt16(cells[position].cell(of: threshold) + 1))
    }

    var laneCount: Int { search.laneCount }

    /// Writes a row's columns, each `stride` after the one before it.
    ///
    /// - Parameter found: room for `laneCount`.
    @inline(__always)
    func write(
        _ row: UnsafePointer<Double>, _ found: UnsafeMutablePointer<Int32>,
        _ columns: UnsafeMutablePointer<UInt16>, stride: Int
    ) {
        search.find(row, found)
        entries.withUnsafeBufferPointer { entries in
            lanes.withUnsafeBufferPointer { lanes in
                for index in 0..<lanes.count {
                    let lane = lanes[index]
                    var entry =
                        lane.firstEntry &+ (Int(found[index]) &- lane.firstCell)
                        &* lane.columnCount
                    var place = lane.firstColumn &* stride
                    let end = place &+ lane.columnCount &* stride
                    while place != end {
                        columns[place] = entries[entry]
                        entry &+= 1
                        place &+= stride
                    }
                }
            }
        }
    }
}

extension ArraySlice {
    fileprivate func trimmingLast(while isTrimmed: (Element) -> Bool) -> ArraySlice {
        lastIndex { !isTrimmed($0) }.map { self[...$0] } ?? []
    }
}
