// SPDX-License-Identifier: Apache-2.0
import Models

/// The features of a CatBoost file: numbers and categories, each counted by itself, and placed by
/// their flat index among the columns.
struct CatBoostFeatures {
    struct Number {
        /// Where in a row.
        let place: Int
        /// Whether a missing value counts as larger than any border.
        let missingIsLargest: Bool
    }

    struct Category {
        let place: Int
        /// By hash.
        let codes: [Int32: Int]
    }

    let schema: FeatureSchema
    let numbers: [Number]
    let categories: [Category]

    init(_ root: DocumentField) throws(ImportError) {
        let features = try root.member("features_info")
        for kind in ["text_features", "embedding_features"] {
            guard try features.optional(kind)?.list().isEmpty ?? true else {
                throw .unsupported("\(kind) of CatBoost")
            }
        }
        let floats = try Self.listed(features, "float_features")
        let texts = try Self.listed(features, "categorical_features")
        var columns: [(index: Int, feature: Feature)] = []
        var largest: [Bool] = []
        for field in floats {
            columns.append(
                (try Self.column(field), Feature(name: try Self.name(field), kind: .number)))
            largest.append(try Self.missingIsLargest(field))
        }
        var codes: [[Int32: Int]] = []
        for field in texts {
            // Without values the model asks nothing of this feature.
            let hashes =
                try field.optional("values")?
                .integers(in: Int(Int32.min)...Int(Int32.max)).map { Int32($0) } ?? []
            guard let dictionary = CategoryDictionary(cityHashes: hashes) else {
                throw field.malformed("a value occurs twice")
            }
            codes.append(Dictionary(uniqueKeysWithValues: zip(hashes, hashes.indices)))
            columns.append(
                (
                    try Self.column(field),
                    Feature(name: try Self.name(field), kind: .category(dictionary))
                ))
        }
        // A column that is neither was left out of the model.
        let order = columns.indices.sorted { columns[$0].index < columns[$1].index }
        var places = [Int](repeating: 0, count: columns.count)
        for (place, column) in order.enumerated() { places[column] = place }
        guard Set(columns.map(\.index)).count == columns.count,
            let schema = FeatureSchema(order.map { columns[$0].feature })
        else { throw features.malformed("no features, or two of one name or index") }
        self.schema = schema
        numbers = zip(places, largest).map { Number(place: $0, missingIsLargest: $1) }
        categories = zip(places[floats.count...], codes).map { Category(place: $0, codes: $1) }
    }

    /// In the order of their own index, which must be their place in the list.
    private static func listed(
        _ features: DocumentField, _ name: String
    ) throws(ImportError) -> [DocumentField] {
        let list = try features.optional(name)?.list() ?? []
        for (index, field) in list.enumerated() {
            let own = try field.member("feature_index")
            guard try own.integer(in: 0...1 << 24) == index else {
                throw own.malformed("not \(index)")
            }
        }
        return list
    }

    private static func column(_ field: DocumentField) throws(ImportError) -> Int {
        try field.member("flat_feature_index").integer(in: 0...1 << 24)
    }

    /// Its number among the columns where it has no name.
    private static func name(_ field: DocumentField) throws(ImportError) -> String {
        let name = try field.optional("feature_id")?.string() ?? ""
        return name.isEmpty ? String(try column(field)) : name
    }

    private static func missingIsLargest(_ field: DocumentField) throws(ImportError) -> Bool {
        let treatment = try field.optional("nan_value_treatment")
        switch try treatment?.string() ?? "AsIs" {
        // A NaN is not above a border, so `AsIs` is the same.
        case "AsIs", "AsFalse": return false
        case "AsTrue": return true
        case let other: throw .unsupported("nan_value_treatment '\(other)'")
        }
    }
}
