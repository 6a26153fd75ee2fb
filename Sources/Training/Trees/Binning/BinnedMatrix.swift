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

    /// Rows are numbered in 32 bits.
    static func requireRowNumbers(_ rowCount: Int) throws(TrainingError) {
        guard rowCount <= Int(Int32.max) else {
            throw .unsuitable("\(rowCount) rows are more than the \(Int32.max) that trees take")
        }
    }

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
        let sample = Sample(rowCount: rowCount, seed: seed)
        var features = [FeatureBins?](repeating: nil, count: width)
        features.withUnsafeMutableBufferPointer { found in
            workers.perform(width) { feature in
                let column = Column(rows: rows, feature: feature, width: width)
                let bins = Self.bins(
                    schema.features[feature].kind, column, sample: sample, rules: rules)
                found[feature] = bins
                // A text's place among others says nothing: one bin for all, so no split.
                if case .text = schema.features[feature].kind { return }
                let group = groupOfFeature[feature]
                let lane = feature - groups[group].features.lowerBound
                // Bytes, not words: other threads fill the other bytes.
                let bytes = UnsafeMutableRawPointer(words.start + group * rowCount)
                    .assumingMemoryBound(to: UInt8.self)
                for row in 0..<rowCount {
                    bytes[row * Self.groupWidth + lane] = bins.bin(column[row])
                }
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

    private static func bins(
        _ kind: Feature.Kind, _ column: Column, sample: Sample, rules: BinningRules
    ) -> FeatureBins {
        switch kind {
        case .number:
            var values: [Double] = []
            values.reserveCapacity(sample.count)
            for index in 0..<sample.count {
                let value = column[sample.row(index)]
                if !value.isNaN { values.append(value) }
            }
            values.sortByRadix()
            return FeatureBins(
                sortedNumbers: values, hasMissing: column.hasMissing, rules: rules)
        case .text:
            return FeatureBins(sortedNumbers: [], hasMissing: false, rules: rules)
        case .category(let dictionary):
            var counts = [Int](repeating: 0, count: dictionary.otherCode + 1)
            for index in 0..<sample.count {
                let code = column[sample.row(index)]
                if !code.isNaN { counts[Int(code)] += 1 }
            }
            return FeatureBins(codeCounts: counts, hasMissing: column.hasMissing, rules: rules)
        }
    }

    /// One feature of row-major values.
    private struct Column {
        let rows: [Double]
        let feature: Int
        let width: Int

        @inline(__always)
        subscript(row: Int) -> Double { rows[row * width + feature] }

        var hasMissing: Bool {
            stride(from: feature, to: rows.count, by: width).contains { rows[$0].isNaN }
        }
    }

    /// One row of each of equally long stretches, or all where they are few enough.
    private struct Sample {
        let rowCount: Int
        let seed: UInt64

        var count: Int { min(rowCount, BinningRules.sampleCount) }

        @inline(__always)
        func row(_ index: Int) -> Int {
            guard rowCount > count else { return index }
            let start = rowCount * index / count
            let length = rowCount * (index + 1) / count - start
            let value = SplitMix64.value(seed: seed, index: index)
            return start + SplitMix64.index(below: length, from: value)
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
