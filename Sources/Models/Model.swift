// SPDX-License-Identifier: Apache-2.0
package import JSON

/// A trained model: what goes in, how it is computed, what comes out, and the proof.
package struct Model: Sendable {
    package let schema: FeatureSchema
    package let kind: ModelKind
    package let output: Output
    /// Inputs with the answers that the trainer saw.
    package let goldenRows: [GoldenRow]
    /// How the model came to be, as far as it follows from data, settings and seed.
    package let training: JSONValue

    /// Computes the golden rows' answers, as the trainer does.
    ///
    /// - Parameters:
    ///   - goldenRecords: rows as JSON records, edges included. One whose answer is not finite is
    ///     left out.
    /// - Returns: `nil` when the kind's margins do not fit the output, or no golden row is left.
    package init?(
        schema: FeatureSchema, kind: ModelKind, output: Output, goldenRecords: [JSONValue],
        training: JSONValue
    ) {
        guard kind.marginCount == output.marginCount else { return nil }
        let unproved = Model(
            schema: schema, kind: kind, output: output, goldenRows: [], training: training)
        let goldenRows = goldenRecords.compactMap { GoldenRow(record: $0, model: unproved) }
        guard !goldenRows.isEmpty else { return nil }
        self.init(
            schema: schema, kind: kind, output: output, goldenRows: goldenRows, training: training)
    }

    init(
        schema: FeatureSchema, kind: ModelKind, output: Output, goldenRows: [GoldenRow],
        training: JSONValue
    ) {
        self.schema = schema
        self.kind = kind
        self.output = output
        self.goldenRows = goldenRows
        self.training = training
    }

    /// Appends `output.marginCount` margins for each of the row-major rows.
    package func appendMargins(of rows: Span<Double>, to margins: inout [Double]) {
        kind.appendMargins(of: rows, to: &margins)
    }

    /// Whether `explanation` has one to give.
    package var isExplainable: Bool {
        switch kind {
        case .linear: true
        case .trees(let model): model.isExplainable
        case .graph: false
        }
    }

    /// What each feature of a row adds to one of its margins; `nil` if the kind cannot tell.
    package func explanation(of row: Span<Double>, output: Int) -> Explanation? {
        switch kind {
        case .linear(let model): model.explanation(of: row, output: output)
        case .trees(let model): model.explanation(of: row, output: output)
        case .graph: nil
        }
    }
}
