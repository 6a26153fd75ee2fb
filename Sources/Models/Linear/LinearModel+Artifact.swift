// SPDX-License-Identifier: Apache-2.0

/// Tensors: `mean` and `scale` (features; 0 and 1 for categories), `weights` (outputs × columns),
/// `intercepts` (outputs), all `F64`.
extension LinearModel {
    var tensors: [Tensor] {
        [Tensor("intercepts", [outputCount], intercepts)] + encoding.tensors
            + [Tensor("weights", [outputCount, encoding.columnCount], weights)]
    }

    init(_ file: Safetensors, schema: FeatureSchema, output: Output) throws(ArtifactError) {
        let encoding = try LinearEncoding(file, schema: schema)
        let outputCount = output.marginCount
        let weights = try file.doubles("weights", shape: [outputCount, encoding.columnCount])
        let intercepts = try file.doubles("intercepts", shape: [outputCount])
        guard
            let model = LinearModel(encoding: encoding, weights: weights, intercepts: intercepts)
        else { throw .invalidField("weights, intercepts", "a number is not finite") }
        self = model
    }
}

extension LinearEncoding {
    /// Tensors: `mean` and `scale`.
    init(_ file: Safetensors, schema: FeatureSchema) throws(ArtifactError) {
        let standardisations = try file.standardisations(of: schema)
        guard let encoding = LinearEncoding(schema: schema, standardisations: standardisations)
        else { throw .invalidField("mean, scale", "not finite, or a scale is not positive") }
        self = encoding
    }

    /// `mean` and `scale`, one for each feature; 0 and 1 for categories.
    var tensors: [Tensor] {
        let standardisations = blocks.map(\.standardisation)
        return [
            Tensor("mean", [standardisations.count], standardisations.map { $0?.mean ?? 0 }),
            Tensor("scale", [standardisations.count], standardisations.map { $0?.scale ?? 1 }),
        ]
    }
}

extension Safetensors {
    /// How the numbers of a schema are standardised; `nil` for its categories.
    func standardisations(
        of schema: FeatureSchema
    ) throws(ArtifactError) -> [LinearEncoding.Standardisation?] {
        let means = try doubles("mean", shape: [schema.count])
        let scales = try doubles("scale", shape: [schema.count])
        return schema.features.enumerated().map { index, feature in
            feature.kind == .number ? .init(mean: means[index], scale: scales[index]) : nil
        }
    }
}
