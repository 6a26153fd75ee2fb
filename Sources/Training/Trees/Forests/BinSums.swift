// SPDX-License-Identifier: Apache-2.0

/// One feature's histogram of one node of a forest: for each bin the rows, their weight and the
/// weighted sums of their answers.
///
/// Deep trees have many nodes of few rows, so only bins that were met are visited and cleared.
struct BinSums {
    private let width: Int
    private let stride: Int
    private var sums: [Double]
    /// Ascending, once sorted.
    private(set) var bins: [Int] = []
    private var isMet = [Bool](repeating: false, count: 256)

    /// - Parameter width: of the answers.
    init(width: Int) {
        self.width = width
        stride = width + 2
        sums = [Double](repeating: 0, count: 256 * (width + 2))
    }

    mutating func clear() {
        for bin in bins {
            isMet[bin] = false
            for index in bin * stride..<(bin + 1) * stride { sums[index] = 0 }
        }
        bins.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    mutating func add(bin: Int, weight: Double, row: Int, _ answers: ForestAnswers) {
        if !isMet[bin] {
            isMet[bin] = true
            bins.append(bin)
        }
        let start = bin * stride
        sums[start] += 1
        sums[start + 1] += weight
        if width == 1 {
            sums[start + 2] += weight * answers.values[row]
        } else {
            sums[start + 2 + Int(answers.classes[row])] += weight
        }
    }

    mutating func sort() {
        // A look at every bin is cheaper than comparing many.
        if bins.count < 16 { return bins.sort() }
        bins.removeAll(keepingCapacity: true)
        for bin in isMet.indices where isMet[bin] { bins.append(bin) }
    }

    func rowCount(_ bin: Int) -> Double { sums[bin * stride] }

    /// What orders categories: the mean answer, or the share of one class.
    func ratio(_ bin: Int, class index: Int) -> Double {
        sums[bin * stride + 2 + index] / sums[bin * stride + 1]
    }

    /// Moves a bin's sums from one side of a split to the other.
    func move(_ bin: Int, from side: inout NodeSums, to other: inout NodeSums) {
        let start = bin * stride
        side.rowCount -= sums[start]
        other.rowCount += sums[start]
        side.weight -= sums[start + 1]
        other.weight += sums[start + 1]
        side.first -= sums[start + 2]
        other.first += sums[start + 2]
        for index in 1..<max(1, width) {
            let sum = sums[start + 2 + index]
            side.others[index - 1] -= sum
            other.others[index - 1] += sum
        }
    }
}
