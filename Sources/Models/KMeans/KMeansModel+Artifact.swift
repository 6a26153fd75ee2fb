// SPDX-License-Identifier: Apache-2.0

/// Tensors, all `F64`: `centres` (clusters × columns), `column_means` (columns), `mean` and `scale`
/// (features; 0 and 1 for categories).
extension KMeansModel {
    var tensors: [Tensor] {
        let standardisations = encoding.blocks.map(\.standardisation)
        return [
            Tensor("centres", [clusterCount, encoding.columnCount], centres),
            Tensor("column_means", [encoding.columnCount], encoding.columnMeans),
            Tensor("mean", [standardisations.count], standardisations.map { $0?.mean ?? 0 }),
            Tensor("scale", [standardisations.count], standardisations.map { $0?.scale ?? 1 }),
        ]
    }

    init(_ file: Safetensors, schema: FeatureSchema, output: Output) throws(ArtifactError) {
        let columnCount = KMeansEncoding.columnCount(of: schema)
        guard
            let encoding = KMeansEncoding(
                schema: schema, standardisations: try file.standardisations(of: schema),
                columnMeans: try file.doubles("column_means", shape: [columnCount]))
        else {
            throw .invalidField(
                "mean, scale, column_means", "not finite, or a scale is not positive")
        }
        let centres = try file.doubles("centres", shape: [output.marginCount, columnCount])
        guard let model = KMeansModel(encoding: encoding, centres: centres) else {
            throw .invalidField("centres", "a number is not finite")
        }
        self = model
    }
}
