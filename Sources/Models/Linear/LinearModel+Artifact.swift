// SPDX-License-Identifier: Apache-2.0
import JSON

/// Tensors: those of the encoding, `weights` (outputs × columns) and `intercepts` (outputs), `F64`.
extension LinearModel {
    var parameters: JSONValue? { encoding.parameters }

    var tensors: [Tensor] {
        [Tensor("intercepts", [outputCount], intercepts)] + encoding.tensors
            + [Tensor("weights", [outputCount, encoding.columnCount], weights)]
    }

    init(
        _ file: Safetensors, parameters: () throws(ArtifactError) -> JSONValue,
        schema: FeatureSchema, output: Output
    ) throws(ArtifactError) {
        let encoding = try LinearEncoding(file, schema: schema, parameters: parameters)
        let outputCount = output.marginCount
        let weights = try file.doubles("weights", shape: [outputCount, encoding.columnCount])
        let intercepts = try file.doubles("intercepts", shape: [outputCount])
        guard
            let model = LinearModel(encoding: encoding, weights: weights, intercepts: intercepts)
        else { throw .invalidField("weights, intercepts", "a number is not finite") }
        self = model
    }
}
