// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Models

struct ReferenceProfileTests {
    /// Of `Example`'s schema, a number and a category, and of two labels.
    private static func profile() -> ReferenceProfile {
        var age = VariableCounts(bins: [3, 4, 2])
        age.below = 1
        age.above = 2
        age.missing = 1
        var city = VariableCounts(bins: [7, 1])
        city.unseen = 2
        return ReferenceProfile(
            inputs: .init(
                source: .train, rowCount: 10,
                variables: [
                    ProfiledVariable(
                        bins: .number(edges: [30.5, 0.1 + 50], range: 17...90), counts: age),
                    ProfiledVariable(
                        bins: .category(codes: [1, 0], codeCount: 2), counts: city),
                ]),
            outputs: .init(
                source: .test, rowCount: 4,
                variables: [
                    ProfiledVariable(
                        bins: .number(edges: [], range: 0.25...0.25),
                        counts: VariableCounts(bins: [4])),
                    ProfiledVariable(
                        bins: .category(codes: [0, 1], codeCount: 2),
                        counts: VariableCounts(bins: [3, 1])),
                ]))
    }

    private static func model(_ profile: ReferenceProfile?) throws -> Model {
        let plain = try ModelSample.linear.model()
        return try #require(
            Model(
                schema: plain.schema, kind: plain.kind, output: plain.output,
                goldenRecords: [[44, "Bern"]], training: .null, profile: profile))
    }

    @Test func isWrittenAndReadBack() throws {
        let model = try Self.model(Self.profile())
        let copy = try Model(artifact: model.artifact)
        #expect(copy.profile == Self.profile())
        #expect(copy.artifact == model.artifact)
        #expect(model.calibrated { 0 }.profile == Self.profile())
    }

    @Test func mayBeAbsent() throws {
        let model = try Self.model(nil)
        let text = String(decoding: model.artifact, as: UTF8.self)
        #expect(!text.contains("profile"))
        #expect(try Model(artifact: model.artifact).profile == nil)
    }

    /// What cannot be counted by is refused, with the field's name.
    @Test(arguments: [
        (#""inputs":"#, #""input":"#, "profile.inputs"),
        (#""source":"train""#, #""source":"guess""#, "profile.inputs.source"),
        (#""rows":10"#, #""rows":0"#, "profile.inputs.rows"),
        (#""rows":10"#, #""rows":11"#, "profile.inputs.variables[0].counts"),
        (#""rows":10"#, #""rows":9"#, "profile.inputs.variables[0].counts"),
        (#""rows":4"#, #""rows":9223372036854775807"#, "profile.outputs.variables[0].counts"),
        (#"[30.5,50.1]"#, #"[50.1,30.5]"#, "profile.inputs.variables[0].edges"),
        (#"[30.5,50.1]"#, #"[50.1,50.1]"#, "profile.inputs.variables[0].edges"),
        (#"[30.5,50.1]"#, #"[30.5,"x"]"#, "profile.inputs.variables[0].edges"),
        (#"[30.5,50.1]"#, #"[30.5]"#, "profile.inputs.variables[0].counts"),
        (
            #"[30.5,50.1]"#, #"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]"#,
            "profile.inputs.variables[0].edges"
        ),
        (#""edges":[30.5"#, #""cuts":[30.5"#, "profile.inputs.variables[0].edges"),
        (#""minimum":17.0"#, #""minimum":91.0"#, "profile.inputs.variables[0].minimum"),
        (#""minimum":17.0,"#, "", "profile.inputs.variables[0].minimum"),
        (#""maximum":90.0,"#, "", "profile.inputs.variables[0].maximum"),
        (#"[3,4,2]"#, #"[3,4,-2]"#, "profile.inputs.variables[0].counts"),
        (#"[3,4,2]"#, #"[3,4,2.5]"#, "profile.inputs.variables[0].counts"),
        (
            #"[3,4,2]"#, #"[9223372036854775807,9223372036854775807,9223372036854775807]"#,
            "profile.inputs.variables[0].counts"
        ),
        (#""below":1"#, #""below":4"#, "profile.inputs.variables[0]: more values out of range"),
        (#""missing":1"#, #""missing":true"#, "profile.inputs.variables[0].missing"),
        (#""codes":[1,0]"#, #""codes":[1,1]"#, "profile.inputs.variables[1].codes"),
        (#""codes":[1,0]"#, #""codes":[1,2]"#, "profile.inputs.variables[1].codes"),
        (#""codes":[1,0]"#, #""codes":[1,-1]"#, "profile.inputs.variables[1].codes"),
        (#""codes":[0,1]"#, #""codes":null"#, "profile.outputs.variables[1].codes"),
        (#""unseen":2"#, #""unseen":3"#, "profile.inputs.variables[1].counts"),
    ])
    func namesTheFieldAtFault(_ old: String, _ new: String, _ field: String) throws {
        let text = Self.profile().json.text
        #expect(text.contains(old))
        let changed = try JSONValue(parsing: text.replacing(old, with: new, maxReplacements: 1))
        let plain = try ModelSample.linear.model()
        #expect {
            try ReferenceProfile(json: changed, schema: plain.schema, output: plain.output)
        } throws: {
            "\($0)".contains(field)
        }
    }

    @Test func refusesAnotherSchemasOrOutputs() throws {
        let json = Self.profile().json
        let plain = try ModelSample.linear.model()
        let one = try #require(FeatureSchema([Feature(name: "age", kind: .number)]))
        #expect(throws: ArtifactError.self) {
            try ReferenceProfile(json: json, schema: one, output: plain.output)
        }
        for output in ModelSample.outputs.filter({ $0.labels.count != 2 }) {
            #expect(throws: ArtifactError.self) {
                try ReferenceProfile(json: json, schema: plain.schema, output: output)
            }
        }
    }

    /// Whatever byte is changed, the file is refused or its profile can be counted by.
    @Test func everyChangedByteIsSurvived() throws {
        let bytes = try Self.model(Self.profile()).artifact
        let start = try #require(Self.position(of: Array("\"profile\"".utf8), in: bytes))
        for index in start..<bytes.count {
            for mask: UInt8 in [0x01, 0x02, 0x10, 0xFF] {
                var changed = bytes
                changed[index] ^= mask
                guard let model = try? Model(artifact: changed), let profile = model.profile
                else { continue }
                let layout = profile.layout
                var counts = [UInt64](repeating: 0, count: layout.slotCount)
                let row = [50.0, 5]
                layout.count(row: row.span, texts: RowTexts(), into: &counts)
                #expect(counts.reduce(0, &+) >= 2)
            }
        }
    }

    private static func position(of text: [UInt8], in bytes: [UInt8]) -> Int? {
        bytes.indices.dropLast(text.count).first { bytes[$0..<$0 + text.count].elementsEqual(text) }
    }
}
