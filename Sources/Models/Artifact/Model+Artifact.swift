// SPDX-License-Identifier: Apache-2.0
import JSON

/// A model as a safetensors file. `__metadata__` holds the rest as JSON texts: `format`, `kind`,
/// `schema`, `output`, `parameters` (for kinds that have some), `golden`, `training`, `profile`
/// (where there is one). The layout is documented in `docs/artifact.md`.
extension Model {
    package static let artifactFormat = "martlet-1"

    /// The artifact: the same bytes for the same model.
    package var artifact: [UInt8] {
        var metadata = [
            (name: "format", text: Self.artifactFormat), ("kind", kind.name),
            ("schema", schema.json.text), ("output", output.json.text),
        ]
        if let parameters = kind.parameters { metadata.append(("parameters", parameters.text)) }
        metadata += [
            ("golden", JSONValue.array(goldenRows.map(\.json)).text), ("training", training.text),
        ]
        if let profile { metadata.append(("profile", profile.json.text)) }
        return Safetensors.bytes(metadata: metadata, tensors: kind.tensors)
    }

    /// Reads an artifact, checking every offset, index, count and enum, but not the golden rows.
    ///
    /// - Throws: the first field that is not as it must be.
    package init(artifact: [UInt8]) throws(ArtifactError) {
        let file = try Safetensors(artifact)
        guard let format = file.metadata["format"] else { throw .missingField("format") }
        guard format == Self.artifactFormat else {
            throw .invalidField("format", "\(format) is not \(Self.artifactFormat)")
        }
        let schema = try FeatureSchema(json: Self.document("schema", file))
        let output = try Output(json: Self.document("output", file))
        guard let name = file.metadata["kind"] else { throw .missingField("kind") }
        let kind = try ModelKind(name: name, file, schema: schema, output: output) {
            () throws(ArtifactError) in try Self.document("parameters", file)
        }
        guard kind.marginCount == output.marginCount else {
            throw .invalidField(
                "output",
                "\(name) has margins: \(kind.marginCount), the output: \(output.marginCount)")
        }
        guard let golden = try Self.document("golden", file).array, !golden.isEmpty else {
            throw .invalidField("golden", "no golden rows")
        }
        var goldenRows: [GoldenRow] = []
        for (index, row) in golden.enumerated() {
            goldenRows.append(try GoldenRow(json: row, field: "golden[\(index)]"))
        }
        let training = try Self.document("training", file)
        var profile: ReferenceProfile?
        if file.metadata["profile"] != nil {
            profile = try ReferenceProfile(
                json: Self.document("profile", file), schema: schema, output: output)
        }
        self.init(
            schema: schema, kind: kind, output: output, goldenRows: goldenRows, training: training,
            profile: profile)
    }

    /// Proves that this machine computes what the trainer's did.
    ///
    /// - Throws: `goldenMismatch` for the first row that differs.
    package func verifyGoldenRows() throws(ArtifactError) {
        for (index, row) in goldenRows.enumerated() { try row.verify(self, row: index) }
    }

    /// Proves one golden row, as a live check.
    ///
    /// - Precondition: there is a golden row of this number; every loaded model has number 0.
    package func verifyGoldenRow(_ row: Int) throws(ArtifactError) {
        try goldenRows[row].verify(self, row: row)
    }

    private static func document(
        _ name: String, _ file: Safetensors
    ) throws(ArtifactError) -> JSONValue {
        guard let text = file.metadata[name] else { throw .missingField(name) }
        do throws(JSONError) {
            return try JSONValue(parsing: text)
        } catch {
            throw .json(field: name, error)
        }
    }
}
