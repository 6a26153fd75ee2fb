// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Importing
import JSON
import Models
import Registry

/// A file that becomes a version: the artifact, and what lineage tells of it.
struct ImportSource {
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case auto, lightgbm, xgboost, catboost, onnx, martlet
    }

    let artifact: [UInt8]
    /// Where the model comes from.
    let origin: JSONValue
    let schema: FeatureSchema
    private let output: Output
    /// What an artifact of ours brings along.
    private let training: JSONValue?

    /// - Parameter labels: names for a foreign classifier's labels; empty for the file's own.
    /// - Throws: for what is not read, and an artifact of ours whose golden rows do not hold.
    init(_ bytes: [UInt8], format: Format, labels: [String]) throws {
        if format == .martlet || format == .auto && Self.isArtifact(bytes) {
            guard labels.isEmpty else {
                throw CommandFailure("--labels: a version of Martlet's has its own and keeps them")
            }
            self = try ImportSource(ours: bytes)
        } else {
            self = try ImportSource(foreign: bytes, format, labels)
        }
    }

    /// The bytes stay as they are, and so does their digest.
    private init(ours bytes: [UInt8]) throws(ArtifactError) {
        let model = try Model(artifact: bytes)
        try model.verifyGoldenRows()
        artifact = bytes
        origin = ["format": .string(Format.martlet.rawValue)]
        (schema, output, training) = (model.schema, model.output, model.training)
    }

    private init(foreign bytes: [UInt8], _ format: Format, _ labels: [String]) throws {
        guard
            let format = ForeignFormat(rawValue: format.rawValue) ?? ForeignFormat.detect(bytes)
        else { throw ImportError.unknownFormat }
        var imported = try format.model(from: bytes)
        if !labels.isEmpty { imported = try imported.naming(labels: labels) }
        guard let model = imported.model else {
            throw CommandFailure("no row has a finite answer")
        }
        artifact = model.artifact
        origin = imported.origin
        (schema, output, training) = (imported.schema, imported.output, nil)
    }

    /// Safetensors: the length of a JSON object in eight bytes, little-endian, then the object. No
    /// other format has zeros there.
    private static func isArtifact(_ bytes: [UInt8]) -> Bool {
        bytes.count > 8 && bytes[8] == 0x7B && bytes[4..<8].allSatisfy { $0 == 0 }
    }

    func lineage(file: String, _ bytes: [UInt8]) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init(name: "program", value: .string("martlet \(MartletVersion.current)")),
            .init(name: "argv", value: .array(CommandLine.arguments.map { .string($0) })),
            .init(name: "imported", value: origin),
            .init(
                name: "source",
                value: [
                    "file": .string(file.split(separator: "/").last.map(String.init) ?? file),
                    "digest": .string(Digest(of: bytes).description),
                    "bytes": .integer(bytes.count),
                ]),
            .init(name: "schema", value: schema.json), .init(name: "output", value: output.json),
        ]
        if let training { members.append(.init(name: "training", value: training)) }
        return .object(members)
    }
}
