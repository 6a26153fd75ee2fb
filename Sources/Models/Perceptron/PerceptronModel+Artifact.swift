// SPDX-License-Identifier: Apache-2.0
import JSON

/// Tensors: `mean` and `scale` (features, `F64`), for each layer `weights_0`, … (inputs × units,
/// like scikit-learn's `coefs_`) and `biases_0`, … (units), both `F32`.
///
/// `parameters`: `{"units": [128, 64, 26]}`, the last of them the outputs.
extension PerceptronModel {
    /// More would be a mistake, or malice.
    private static let layerCountMax = 64

    var parameters: JSONValue {
        ["units": .array(layers.map { .integer($0.unitCount) })]
    }

    var tensors: [Tensor] {
        var tensors = encoding.tensors
        for (index, layer) in layers.enumerated() {
            tensors.append(Tensor("biases_\(index)", .f32(layer.biases)))
            tensors.append(
                Tensor(
                    "weights_\(index)", [layer.inputCount, layer.unitCount], .f32(layer.weights)))
        }
        return tensors
    }

    init(
        _ file: Safetensors, parameters: JSONValue, schema: FeatureSchema
    ) throws(ArtifactError) {
        guard let units = parameters["units"]?.array else {
            throw .missingField("parameters.units")
        }
        guard units.count <= Self.layerCountMax else {
            throw .invalidField("parameters.units", "more than \(Self.layerCountMax) layers")
        }
        let encoding = try LinearEncoding(file, schema: schema) {
            () throws(ArtifactError) in throw .invalidField("schema", "texts are not for this kind")
        }
        var layers: [Layer] = []
        var inputCount = encoding.columnCount
        for (index, unit) in units.enumerated() {
            guard let unitCount = unit.integer, unitCount > 0 else {
                throw .invalidField("parameters.units", "not positive numbers")
            }
            let weights = try file.floats("weights_\(index)", shape: [inputCount, unitCount])
            let biases = try file.floats("biases_\(index)", shape: [unitCount])
            guard let layer = Layer(inputCount: inputCount, weights: weights, biases: biases)
            else { throw .invalidField("weights_\(index), biases_\(index)", "not finite") }
            layers.append(layer)
            inputCount = unitCount
        }
        guard let model = PerceptronModel(encoding: encoding, layers: layers) else {
            throw .invalidField("parameters.units", "no layers")
        }
        self = model
    }
}
