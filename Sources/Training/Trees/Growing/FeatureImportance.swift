// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

/// How much each feature's splits have saved in training, and how many there are.
///
/// Both tell what a model uses, not what it needs: gains favour features of many values.
struct FeatureImportance {
    let gains: [Double]
    let splitCounts: [Int]

    init(gains: [Double], splitCounts: [Int]) {
        self.gains = gains
        self.splitCounts = splitCounts
    }

    static func + (left: FeatureImportance, right: FeatureImportance) -> FeatureImportance {
        FeatureImportance(
            gains: zip(left.gains, right.gains).map(+),
            splitCounts: zip(left.splitCounts, right.splitCounts).map(+))
    }

    init(_ trees: [GrownTree], featureCount: Int) {
        var gains = [Double](repeating: 0, count: featureCount)
        var counts = [Int](repeating: 0, count: featureCount)
        for tree in trees {
            for split in tree.splits {
                gains[split.feature] += split.gain
                counts[split.feature] += 1
            }
        }
        self.gains = gains
        splitCounts = counts
    }

    /// `{"age": {"gain": 12.5, "splits": 3}, …}`, in the schema's order.
    func json(_ schema: FeatureSchema) -> JSONValue {
        .object(
            schema.features.enumerated().map { index, feature in
                .init(
                    name: feature.name,
                    value: [
                        "gain": .number(gains[index]), "splits": .integer(splitCounts[index]),
                    ])
            })
    }
}
