// SPDX-License-Identifier: Apache-2.0

/// Tensors: `mean` and `scale` (features; 0 and 1 for categories), `weights` (outputs × columns),
/// `intercepts` (outputs), all `F64`.
extension LinearModel {
    var tensors: [Tensor] {
        let standardisations = encoding.blocks.map(\.standardisation)
        return [
            Tensor("intercepts", [outputCount], intercepts),
            Tensor("mean", [standardisations.count], standardisations.map { $0?.mean ?? 0 }),
            Tensor("scale", [standardisations.count], standardisations.map { $0?.scale ?? 1 }),
            Tensor("weights", [outputCount, encoding.columnCount], weights),
        ]
    }

    init(_ file: Safetensors, schema: FeatureSchema, output: Output) throws(ArtifactError) {
        let means = try file.doubles("mean", shape: [schema.count])
        let scales = try file.doubles("scale", shape: [schema.count])
        var standardisations: [LinearEncoding.Standardisation?] = []
        for (index, feature) in schema.features.enumerated() {
            let isNumber = feature.kind == .number
            standardisations.append(
                isNumber ? .init(mean: means[index], scale: scales[index]) : nil)
        }
        guard let encoding = LinearEncoding(schema: schema, standardisations: standardisations)
        else { throw .invalidField("mean, scale", "not finite, or a scale is not positive") }
        let outputCount = output.marginCount
        let weights = try file.doubles("weights", shape: [outputCount, encoding.columnCount])
        let intercepts = try file.doubles("intercepts", shape: [outputCount])
        guard
            let model = LinearModel(encoding: encoding, weights: weights, intercepts: intercepts)
        else { throw .invalidField("weights, intercepts", "a number is not finite") }
        self = model
    }
}
