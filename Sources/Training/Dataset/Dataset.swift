// SPDX-License-Identifier: Apache-2.0
package import Models

/// Rows of a schema with their answers.
package struct Dataset: Sendable {
    package let schema: FeatureSchema
    /// Row-major, one value for each feature.
    package let rows: [Double]
    /// What the rows' text features stand for.
    package let texts: RowTexts
    package let target: Target

    /// - Precondition: `rows` holds a value of each feature for each answer.
    package init(
        schema: FeatureSchema, rows: [Double], texts: RowTexts = RowTexts(), target: Target
    ) {
        precondition(rows.count == target.count * schema.count, "a row for each answer")
        self.schema = schema
        self.rows = rows
        self.texts = texts
        self.target = target
    }

    package var count: Int { target.count }

    /// The rows of these numbers, in their order.
    package func selecting(_ chosen: [Int]) -> Dataset {
        let width = schema.count
        return Dataset(
            schema: schema,
            rows: chosen.flatMap { rows[($0 * width)..<(($0 + 1) * width)] }, texts: texts,
            target: target.selecting(chosen))
    }
}

extension ModelKind {
    /// All rows' margins, `marginCount` for each.
    func margins(of data: Dataset) -> [Double] {
        var margins: [Double] = []
        appendMargins(of: data.rows.span, texts: data.texts, to: &margins)
        return margins
    }
}
