// SPDX-License-Identifier: Apache-2.0
import Models

/// Every row's bin in every feature, a byte each.
///
/// Features stand in groups of up to eight whose bins of a row are one word: a histogram kernel
/// loads a row's word once and a group's histograms fit the innermost cache.
struct BinnedMatrix {
    static let groupWidth = 8

    struct Group {
        /// In the order of the word's bytes, the lowest first.
        let features: Range<Int>
    }

    let rowCount: Int
    let features: [FeatureBins]
    let groups: [Group]
    private let groupOfFeature: [Int]
    /// Group-major.
    private let words: Cells<UInt64>

    /// - Parameter rows: row-major values of a schema.
    init(
        _ schema: FeatureSchema, rows: [Double], rules: BinningRules, seed: UInt64, workers: Workers
    ) {
        let width = schema.count
        let rowCount = rows.count / width
        let groups = Self.groups(width)
        let groupOfFeature = groups.indices.flatMap { group in
            groups[group].features.map { _ in group }
        }
        let words = Cells<UInt64>(repeating: 0, count: groups.count * rowCount)
        let sample = Self.sample(of: rowCount, seed: seed)
        var features = [FeatureBins?](repeating: nil, count: width)
        features.withUnsafeMutableBufferPointer { found in
            workers.perform(width) { feature in
                var column = [Double](repeating: 0, count: rowCount)
                var hasMissing = false
                for row in 0..<rowCount {
                    column[row] = rows[row * width + feature]
                    hasMissing = hasMissing || column[row].isNaN
                }
                let values = sample.map { rows in rows.map { column[$0] } } ?? column
                let result: FeatureBins
                switch schema.features[feature].kind {
                case .number:
                    result = FeatureBins(numbers: values, hasMissing: hasMissing, rules: rules)
                case .text:
                    // Where a text stands among others says nothing: no value, so no split.
                    column = [Double](repeating: .nan, count: rowCount)
                    result = FeatureBins(numbers: [], hasMissing: true, rules: rules)
                case .category(let dictionary):
                    result = FeatureBins(
                        codes: values, codeCount: dictionary.otherCode + 1, hasMissing: hasMissing,
                        rules: rules)
                }
                let group = groupOfFeature[feature]
                let lane = feature - groups[group].features.lowerBound
                // Bytes, not words: other threads fill the other bytes.
                let bytes = UnsafeMutableRawPointer(words.start + group * rowCount)
                    .assumingMemoryBound(to: UInt8.self)
                for row in 0..<rowCount {
                    bytes[row * Self.groupWidth + lane] = result.bin(column[row])
                }
                found[feature] = result
            }
        }
        self.rowCount = rowCount
        self.groups = groups
        self.groupOfFeature = groupOfFeature
        self.words = words
        self.features = features.compactMap(\.self)
    }

    /// As equal as they can be, and an even number of them for an even number of threads.
    private static func groups(_ featureCount: Int) -> [Group] {
        var count = (featureCount + groupWidth - 1) / groupWidth
        if count > 1, !count.isMultiple(of: 2) { count += 1 }
        return (0..<count).map {
            Group(features: featureCount * $0 / count..<featureCount * ($0 + 1) / count)
        }
    }

    /// One row of each of equally long stretches; `nil` when all rows are few enough.
    private static func sample(of rowCount: Int, seed: UInt64) -> [Int]? {
        let count = BinningRules.sampleCount
        guard rowCount > count else { return nil }
        return (0..<count).map { index in
            let start = rowCount * index / count
            let length = rowCount * (index + 1) / count - start
            return start + Int(SplitMix64.value(seed: seed, index: index) % UInt64(length))
        }
    }

    /// A group's words, one for each row.
    func words(_ group: Int) -> UnsafePointer<UInt64> {
        UnsafePointer(words.start + group * rowCount)
    }

    /// A feature's bins, `groupWidth` bytes apart.
    func column(_ feature: Int) -> UnsafePointer<UInt8> {
        let group = groupOfFeature[feature]
        return UnsafeRawPointer(words(group)).assumingMemoryBound(to: UInt8.self)
            + (feature - groups[group].features.lowerBound)
    }
}
