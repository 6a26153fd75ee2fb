// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

/// A small model with a number and a category, for tests.
enum Example {
    static let schema = FeatureSchema([
        Feature(name: "age", kind: .number),
        Feature(name: "city", kind: category("Bern", "Köln")),
    ])

    static func category(_ values: String...) -> Feature.Kind {
        CategoryDictionary(values: values).map { .category($0) } ?? .number
    }

    /// Log-odds: 0.5 + 2·(age - 40)/10 (1 when missing), city Bern 3, Köln -3, other 5, missing 7.
    static func model() -> Model? {
        guard let schema,
            let encoding = LinearEncoding(
                schema: schema, standardisations: [.init(mean: 40, scale: 10), nil]),
            let linear = LinearModel(
                encoding: encoding, weights: [2, 1, 3, -3, 5, 7], intercepts: [0.5])
        else { return nil }
        return Model(
            schema: schema, kind: .linear(linear), output: .binary(labels: ["no", "yes"]),
            goldenRecords: [[50, "Bern"], [.null, .null], [0.1, "Ulm"]], training: ["seed": 7])
    }

    static func row(_ json: String) throws(RecordError) -> [Double] {
        let text = Array(json.utf8)
        var cursor = JSONCursor()
        var row: [Double] = []
        var texts = RowTexts()
        try schema?.appendRow(&cursor, text.span, to: &row, texts: &texts)
        return row
    }
}
