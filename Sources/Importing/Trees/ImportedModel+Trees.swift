// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

extension ImportedModel {
    /// A model of trees with its golden records.
    ///
    /// - Parameter aggregation: `nil` where a number in it was not finite.
    init(
        schema: FeatureSchema, trees: [DecisionTree], aggregation: TreeAggregation?, output: Output,
        origin: JSONValue
    ) throws(ImportError) {
        guard let aggregation else {
            throw .malformed(field: "bias", reason: "not finite numbers of the precision")
        }
        guard
            let model = TreesModel(
                featureCount: schema.count, trees: trees, aggregation: aggregation)
        else {
            throw .malformed(field: "trees", reason: "none, or a number is out of its range")
        }
        self.init(
            schema: schema, kind: .trees(model), output: output,
            goldenRecords: GoldenRecords(schema: schema, trees: model).records, origin: origin)
    }
}
