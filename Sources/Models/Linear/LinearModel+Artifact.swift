// SPDX-License-Identifier: Apache-2.0

/// Tensors: `mean` and `scale` (features; 0 and 1 for categories), `weights` (outputs × columns),
/// `intercepts` (outputs), all `F64`; the last two are `F32` where sums are.
extension LinearModel {
    var tensors: [Tensor] {
        let standardisations = encoding.blocks.map(\.standardisation)
        return [
            Tensor("intercepts", [outputCount], values(intercepts)),
            Tensor("mean", [standardisations.count], standardisations.map { $0?.mean ?? 0 }),
            Tensor("scale", [standardisations.count], standardisations.map { $0?.scale ?? 1 }),
            Tensor("weights", [outputCount, encoding.columnCount], values(weights)),
        ]
    }

    private func values(_ numbers: [Double]) -> Tensor.Values {
        precision == .float64 ? .f64(numbers) : .f32(numbers.map { Float($0) })
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
        let isFloat = file.dtype(of: "weights") == "F32"
        func numbers(_ name: String, _ shape: [Int]) throws(ArtifactError) -> [Double] {
            if !isFloat { return try file.doubles(name, shape: shape) }
            return try file.floats(name, shape: shape).map { Double($0) }
        }
        guard
            let model = LinearModel(
                encoding: encoding,
                weights: try numbers("weights", [outputCount, encoding.columnCount]),
                intercepts: try numbers("intercepts", [outputCount]),
                precision: isFloat ? .float32 : .float64)
        else { throw .invalidField("weights, intercepts", "a number is not finite") }
        self = model
    }
}
