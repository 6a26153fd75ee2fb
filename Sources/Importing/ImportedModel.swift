// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Models

/// What a foreign file says, in our terms.
package struct ImportedModel: Equatable, Sendable {
    package let schema: FeatureSchema
    package let kind: ModelKind
    package let output: Output
    /// Rows as JSON records, edges included, from which golden rows are made.
    package let goldenRecords: [JSONValue]
    /// The format, and what the file tells of how it came to be.
    package let origin: JSONValue

    /// The model with its golden rows; `nil` when the margins do not fit the output, or no record
    /// has a finite answer.
    package var model: Model? {
        Model(
            schema: schema, kind: kind, output: output, goldenRecords: goldenRecords,
            training: ["imported": origin])
    }
}
