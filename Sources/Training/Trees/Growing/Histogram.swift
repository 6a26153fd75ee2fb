// SPDX-License-Identifier: Apache-2.0

/// The sums of a leaf's gradient pairs by feature and bin.
struct Histogram {
    /// Where features begin; a feature's bins are adjacent.
    struct Layout {
        /// How many sums lie between two features.
        let stride: Int
        let featureCount: Int

        init(_ matrix: BinnedMatrix) {
            let bins = matrix.features.map(\.binCount).max() ?? 1
            // Not a power of two, or the same bins of a group's features would share a cache set.
            stride = (bins + 7) / 8 * 8 + 4
            featureCount = matrix.features.count
        }

        var sumCount: Int { stride * featureCount }
    }

    let layout: Layout
    private let sums: Cells<GradientSum>

    init(_ layout: Layout) {
        self.layout = layout
        sums = Cells(repeating: .zero, count: layout.sumCount)
    }

    @inline(__always)
    func feature(_ feature: Int) -> UnsafePointer<GradientSum> {
        UnsafePointer(sums.start + feature * layout.stride)
    }

    /// Turns a parent's sums into those of one child by taking the other's away.
    func subtract(_ sibling: Histogram, features: Range<Int>) {
        let start = sums.start + features.lowerBound * layout.stride
        let other = sibling.sums.start + features.lowerBound * layout.stride
        for index in 0..<(features.count * layout.stride) { start[index] &-= other[index] }
    }

    /// Sums the pairs of some rows over a group's features.
    ///
    /// - Parameters:
    ///   - rows: the numbers of `count` rows; `nil` for the first `count`.
    ///   - pairs: by the number of the row.
    func fill(
        _ matrix: BinnedMatrix, group: Int, rows: UnsafePointer<UInt32>?, count: Int,
        pairs: UnsafePointer<GradientPair>
    ) {
        let features = matrix.groups[group].features
        let start = sums.start + features.lowerBound * layout.stride
        start.update(repeating: .zero, count: features.count * layout.stride)
        let words = matrix.words(group)
        // A constant for each case, so that the compiler unrolls the lanes.
        switch features.count {
        case 1: add(words, rows, count, pairs, start, lanes: 1)
        case 2: add(words, rows, count, pairs, start, lanes: 2)
        case 3: add(words, rows, count, pairs, start, lanes: 3)
        case 4: add(words, rows, count, pairs, start, lanes: 4)
        case 5: add(words, rows, count, pairs, start, lanes: 5)
        case 6: add(words, rows, count, pairs, start, lanes: 6)
        case 7: add(words, rows, count, pairs, start, lanes: 7)
        default: add(words, rows, count, pairs, start, lanes: 8)
        }
    }

    @inline(__always)
    private func add(
        _ words: UnsafePointer<UInt64>, _ rows: UnsafePointer<UInt32>?, _ count: Int,
        _ pairs: UnsafePointer<GradientPair>, _ sums: UnsafeMutablePointer<GradientSum>, lanes: Int
    ) {
        let stride = layout.stride
        if let rows {
            for index in 0..<count {
                let row = Int(rows[index])
                Self.add(
                    words[row], GradientSum(truncatingIfNeeded: pairs[row]), sums, stride, lanes)
            }
        } else {
            for row in 0..<count {
                Self.add(
                    words[row], GradientSum(truncatingIfNeeded: pairs[row]), sums, stride, lanes)
            }
        }
    }

    @inline(__always)
    private static func add(
        _ word: UInt64, _ pair: GradientSum, _ sums: UnsafeMutablePointer<GradientSum>,
        _ stride: Int, _ lanes: Int
    ) {
        sums[Int(word & 255)] &+= pair
        if lanes > 1 { sums[stride &+ Int(word >> 8 & 255)] &+= pair }
        if lanes > 2 { sums[2 &* stride &+ Int(word >> 16 & 255)] &+= pair }
        if lanes > 3 { sums[3 &* stride &+ Int(word >> 24 & 255)] &+= pair }
        if lanes > 4 { sums[4 &* stride &+ Int(word >> 32 & 255)] &+= pair }
        if lanes > 5 { sums[5 &* stride &+ Int(word >> 40 & 255)] &+= pair }
        if lanes > 6 { sums[6 &* stride &+ Int(word >> 48 & 255)] &+= pair }
        if lanes > 7 { sums[7 &* stride &+ Int(word >> 56)] &+= pair }
    }
}
