// SPDX-License-Identifier: Apache-2.0

/// How one feature's values become bins, at most 256. Where values are missing, the last bin is
/// theirs.
struct FeatureBins: Sendable {
    enum Kind: Sendable {
        /// A bin for each upper bound.
        case number(upperBounds: [Double])
        /// A bin for each of the most frequent codes; the last may be shared by the rest.
        case category(binOfCode: [UInt8])
    }

    let kind: Kind
    /// Without the bin of missing values.
    let valueBinCount: Int
    let hasMissing: Bool

    var binCount: Int { valueBinCount + (hasMissing ? 1 : 0) }
    var missingBin: Int? { hasMissing ? valueBinCount : nil }
    var isCategory: Bool {
        if case .category = kind { true } else { false }
    }

    /// - Parameters:
    ///   - values: a sample, ascending, without NaN.
    ///   - hasMissing: whether any row, in the sample or not, misses the value.
    init(sortedNumbers values: [Double], hasMissing: Bool, rules: BinningRules) {
        let bounds = NumberBounds.bounds(
            ofSorted: values,
            binCountMax: rules.maxBin - (hasMissing ? 1 : 0), rowCountMin: rules.minDataInBin)
        kind = .number(upperBounds: bounds)
        valueBinCount = bounds.count
        self.hasMissing = hasMissing
    }

    /// - Parameter counts: in a sample, of each code from 0 on.
    init(codeCounts counts: [Int], hasMissing: Bool, rules: BinningRules) {
        let codeCount = counts.count
        let order = counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }
        let most = rules.maxBin - (hasMissing ? 1 : 0)
        var bins = [UInt8](repeating: 0, count: codeCount)
        for (rank, code) in order.enumerated() { bins[code] = UInt8(min(rank, most - 1)) }
        kind = .category(binOfCode: bins)
        valueBinCount = min(codeCount, most)
        self.hasMissing = hasMissing
    }

    @inline(__always)
    func bin(_ value: Double) -> UInt8 {
        if value.isNaN { return UInt8(valueBinCount) }
        switch kind {
        case .category(let bins): return bins[Int(value)]
        case .number(let bounds):
            // The first bound that is not below the value; the last one never is.
            var low = 0
            var count = bounds.count - 1
            while count > 0 {
                let half = (count + 1) / 2
                if bounds[low + half - 1] < value { low += half }
                count -= half
            }
            return UInt8(truncatingIfNeeded: low)
        }
    }
}

/// How features are cut into bins, under LightGBM's names.
struct BinningRules: Equatable, Sendable {
    /// At most 255.
    var maxBin = 255
    var minDataInBin = 3
    /// How many rows bounds are found on (`bin_construct_sample_cnt`).
    static let sampleCount = 200_000
}
