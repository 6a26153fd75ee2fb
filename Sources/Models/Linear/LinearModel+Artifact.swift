// SPDX-License-Identifier: Apache-2.0
import JSON

/// Tensors: those of the encoding, `weights` (outputs × columns) and `intercepts` (outputs), `F64`,
/// or `F32` where sums are.
extension LinearModel {
    var parameters: JSONValue? { encoding.parameters }

    var tensors: [Tensor] {
        [Tensor("intercepts", [outputCount], values(intercepts))] + encoding.tensors
            + [Tensor("weights", [outputCount, encoding.columnCount], values(weights))]
    }

    private func values(_ numbers: [Double]) -> Tensor.Values {
        precision == .float64 ? .f64(numbers) : .f32(numbers.map { Float($0) })
    }

    init(
        _ file: Safetensors, parameters: () throws(ArtifactError) -> JSONValue,
        schema: FeatureSchema, output: Output
    ) throws(ArtifactError) {
        let encoding = try LinearEncoding(file, schema: schema, parameters: parameters)
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
