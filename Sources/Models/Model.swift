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
    /// What to tell drift by; `nil` where nobody counted, as of imported models.
    package let profile: ReferenceProfile?

    /// Computes the golden rows' answers, as the trainer does.
    ///
    /// - Parameters:
    ///   - goldenRecords: rows as JSON records, edges included. One whose answer is not finite is
    ///     left out.
    ///   - profile: fits the schema and the output.
    /// - Returns: `nil` when the kind's margins do not fit the output, or no golden row is left.
    package init?(
        schema: FeatureSchema, kind: ModelKind, output: Output, goldenRecords: [JSONValue],
        training: JSONValue, profile: ReferenceProfile? = nil
    ) {
        guard kind.marginCount == output.marginCount else { return nil }
        let unproved = Model(
            schema: schema, kind: kind, output: output, goldenRows: [], training: training)
        let goldenRows = goldenRecords.compactMap { GoldenRow(record: $0, model: unproved) }
        guard !goldenRows.isEmpty else { return nil }
        self.init(
            schema: schema, kind: kind, output: output, goldenRows: goldenRows, training: training,
            profile: profile)
    }

    init(
        schema: FeatureSchema, kind: ModelKind, output: Output, goldenRows: [GoldenRow],
        training: JSONValue, profile: ReferenceProfile? = nil
    ) {
        self.schema = schema
        self.kind = kind
        self.output = output
        self.goldenRows = goldenRows
        self.training = training
        self.profile = profile
    }

    /// Appends `output.marginCount` margins for each of the row-major rows.
    ///
    /// - Parameter texts: what the rows' text features stand for.
    package func appendMargins(
        of rows: Span<Double>, texts: borrowing RowTexts = RowTexts(), to margins: inout [Double]
    ) {
        kind.appendMargins(of: rows, texts: texts, to: &margins)
    }

    /// The same, allocating nothing once `scratch` and `margins` have room.
    package func appendMargins(
        of rows: Span<Double>, texts: borrowing RowTexts, _ scratch: inout TextScratch,
        to margins: inout [Double]
    ) {
        kind.appendMargins(of: rows, texts: texts, &scratch, to: &margins)
    }

    /// The same model, by the ways of computing that a clock finds quickest on this machine.
    ///
    /// - Parameter clock: nanoseconds from some instant on.
    package func calibrated(by clock: () -> UInt64) -> Model {
        guard case .trees(let trees) = kind else { return self }
        return Model(
            schema: schema, kind: .trees(trees.calibrated(by: clock)), output: output,
            goldenRows: goldenRows, training: training, profile: profile)
    }

    /// Whether `explanation` has one to give.
    package var isExplainable: Bool {
        switch kind {
        case .linear, .naiveBayes: true
        case .kMeans, .perceptron, .graph: false
        case .trees(let model): model.isExplainable
        }
    }

    /// What each feature of a row adds to one of its margins; `nil` if the kind cannot tell, or
    /// some number of it is not finite.
    package func explanation(
        of row: Span<Double>, texts: borrowing RowTexts = RowTexts(), output: Int
    ) -> Explanation? {
        let explanation: Explanation? =
            switch kind {
            case .linear(let model): model.explanation(of: row, texts: texts, output: output)
            case .trees(let model): model.explanation(of: row, output: output)
            case .naiveBayes(let model): model.explanation(of: row, output: output)
            case .kMeans, .perceptron, .graph: nil
            }
        guard let explanation, explanation.base.isFinite,
            explanation.contributions.allSatisfy(\.isFinite)
        else { return nil }
        return explanation
    }
}
