// SPDX-License-Identifier: Apache-2.0
import Models

/// A feature with its value in every row of a table: a number, or a category's code.
struct FeatureColumn {
    let feature: Feature
    private let values: [Double]

    init(_ feature: Feature, _ values: [Double]) {
        self.feature = feature
        self.values = values
    }

    /// Codes of a category by a dictionary that stands.
    init(_ feature: Feature, _ texts: DistinctValues, _ dictionary: CategoryDictionary) {
        self.feature = feature
        let codes = texts.values.map { Double(dictionary.code(of: $0)) }
        values = texts.codes.map { $0 < 0 ? .nan : codes[Int($0)] }
    }

    /// Places of texts among those of the dataset.
    init(_ feature: Feature, _ texts: DistinctValues, appendingTo rowTexts: inout RowTexts) {
        self.feature = feature
        let slots = texts.values.map { rowTexts.append($0) }
        values = texts.codes.map { $0 < 0 ? .nan : slots[Int($0)] }
    }

    /// Makes the feature: a category's dictionary holds the values that occur at least
    /// `categoryCountMin` times in the training rows, in the order of their bytes.
    init(
        _ profile: ColumnProfile, trainRows: [Int], _ categoryCountMin: Int,
        _ rowTexts: inout RowTexts
    ) throws(TrainingError) {
        switch profile.values {
        case .texts(let texts) where profile.role == .text:
            self.init(
                Feature(name: profile.name, kind: .text), texts, appendingTo: &rowTexts)
        case .none: throw .inconsistent("column '\(profile.name)' was not read")
        case .numbers(let numbers):
            self.init(Feature(name: profile.name, kind: .number), numbers)
        case .texts(let texts):
            let kept = zip(texts.values, texts.counts(in: trainRows))
                .filter { $0.1 >= max(categoryCountMin, 1) }.map(\.0)
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            guard let dictionary = CategoryDictionary(values: kept) else {
                throw .inconsistent("column '\(profile.name)' holds a value twice")
            }
            self.init(
                Feature(name: profile.name, kind: .category(dictionary)), texts, dictionary)
        }
    }

    /// The chosen rows, row-major.
    static func rows(_ columns: [FeatureColumn], _ chosen: [Int]) -> [Double] {
        var rows: [Double] = []
        rows.reserveCapacity(columns.count * chosen.count)
        for row in chosen { for column in columns { rows.append(column.values[row]) } }
        return rows
    }
}
