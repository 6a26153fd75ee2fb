// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Testing

/// Versions of one model of eight numbers, of which the first alone decides: what a stable version
/// is, and what can be wrong with one that is to take its place.
enum Candidate {
    static let featureCount = 8

    private static func schema(_ count: Int, _ name: String = "x") throws -> FeatureSchema {
        try #require(
            FeatureSchema((0..<count).map { Feature(name: "\(name)\($0)", kind: .number) }))
    }

    private static func encoding(_ schema: FeatureSchema) throws -> LinearEncoding {
        try #require(
            LinearEncoding(
                schema: schema,
                standardisations: schema.features.map { _ in .init(mean: 0, scale: 1) }))
    }

    /// - Parameters:
    ///   - weight: of the first number; a negative one gives every row the other label.
    ///   - last: of the last number, which is 0 in plain rows and 1e300 in others.
    ///   - feature: what the features' names begin with.
    static func linear(
        weight: Double = 4, last: Double = 0, intercept: Double = 0.8125,
        labels: [String] = ["no", "yes"], featureCount: Int = featureCount,
        feature: String = "x", link: Link? = nil
    ) throws -> Model {
        let schema = try schema(featureCount, feature)
        let encoding = try encoding(schema)
        var weights = [Double](repeating: 0, count: encoding.columnCount)
        weights[0] = weight
        weights[encoding.columnCount - 2] += last
        let linear = try #require(
            LinearModel(encoding: encoding, weights: weights, intercepts: [intercept]))
        let output = try #require(Output(.binary(labels: labels), link: link))
        return try model(schema, .linear(linear), output)
    }

    /// One that answers as `linear` does, cannot explain itself, and takes its time: the first
    /// number passes through two layers in which nothing else has weight.
    static func perceptron(width: Int) throws -> Model {
        let schema = try schema(featureCount)
        let encoding = try encoding(schema)
        var first = [Float](repeating: 0, count: encoding.columnCount * width)
        (first[0], first[1]) = (4, -4)
        var second = [Float](repeating: 0, count: width * width)
        (second[0], second[width + 1]) = (1, 1)
        var last = [Float](repeating: 0, count: width)
        (last[0], last[1]) = (1, -1)
        let still = [Float](repeating: 0, count: width)
        let layers = [
            PerceptronModel.Layer(
                inputCount: encoding.columnCount, weights: first, biases: still),
            PerceptronModel.Layer(inputCount: width, weights: second, biases: still),
            PerceptronModel.Layer(inputCount: width, weights: last, biases: [0.8125]),
        ].compactMap(\.self)
        let perceptron = try #require(PerceptronModel(encoding: encoding, layers: layers))
        return try model(schema, .perceptron(perceptron), .binary(labels: ["no", "yes"]))
    }

    private static func model(
        _ schema: FeatureSchema, _ kind: ModelKind, _ output: Output
    ) throws -> Model {
        try #require(
            Model(
                schema: schema, kind: kind, output: output,
                goldenRecords: [.array(schema.features.map { _ in .null })], training: .null))
    }

    /// An artifact whose golden row has another answer than its weights give.
    static func damaged() throws -> [UInt8] {
        func bytes(_ number: Double) -> [UInt8] {
            (0..<8).map { UInt8(truncatingIfNeeded: number.bitPattern >> ($0 * 8)) }
        }
        var artifact = try linear().artifact
        let place = try #require(artifact.firstRange(of: bytes(0.8125)))
        artifact.replaceSubrange(place, with: bytes(0.25))
        return artifact
    }
}
