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

    /// The same with other names for its labels, in their order.
    ///
    /// - Throws: where there are none, or not as many, or a name occurs twice.
    package func naming(labels: [String]) throws(ImportError) -> ImportedModel {
        let task: Output.Task
        switch output.task {
        case .binary: task = .binary(labels: labels)
        case .multiclass: task = .multiclass(labels: labels)
        case .regression, .clusters:
            throw .malformed(field: "labels", reason: "the model predicts no label")
        }
        let count = output.labels.count
        guard labels.count == count else {
            throw .malformed(field: "labels", reason: "\(labels.count) names for \(count) labels")
        }
        guard
            let output = Output(
                task, link: output.link, threshold: output.threshold, divisor: output.divisor)
        else { throw .malformed(field: "labels", reason: "a name occurs twice") }
        return ImportedModel(
            schema: schema, kind: kind, output: output, goldenRecords: goldenRecords,
            origin: origin)
    }
}
