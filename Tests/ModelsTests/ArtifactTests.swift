// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Testing

struct ArtifactTests {
    private func replacing(_ old: String, _ new: String, in bytes: [UInt8]) -> [UInt8] {
        let length = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16
        let header = String(decoding: bytes[8..<8 + length], as: UTF8.self)
        var changed = Array(header.replacing(old, with: new).utf8)
        while changed.count % 8 != 0 { changed.append(0x20) }
        let count = changed.count
        let prefix = (0..<8).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) }
        return prefix + changed + bytes[(8 + length)...]
    }

    @Test func readsBackWhatWasWritten() throws {
        let model = try #require(Example.model())
        let copy = try Model(artifact: model.artifact)
        #expect(copy.schema == model.schema)
        #expect(copy.kind == model.kind)
        #expect(copy.output == model.output)
        #expect(copy.goldenRows == model.goldenRows)
        #expect(copy.training == model.training)
        #expect(copy.artifact == model.artifact)
        #expect(throws: Never.self) { try copy.verifyGoldenRows() }
    }

    @Test func startsTensorsAtAMultipleOfEight() throws {
        let bytes = try #require(Example.model()).artifact
        #expect(bytes[0] % 8 == 0)
    }

    @Test func everyTruncationIsRefused() throws {
        let bytes = try #require(Example.model()).artifact
        for count in 0..<bytes.count {
            #expect(throws: ArtifactError.self) { try Model(artifact: Array(bytes[..<count])) }
        }
    }

    /// Whatever byte is changed, loading and proving ends in a model or an error, never in a trap;
    /// and a changed weight is always found.
    @Test func everyChangedByteIsSurvived() throws {
        let bytes = try #require(Example.model()).artifact
        let weightsStart = bytes.count - 6 * 8
        for index in bytes.indices {
            for mask: UInt8 in [0x01, 0x80, 0xFF] {
                var changed = bytes
                changed[index] ^= mask
                let isProved =
                    (try? Model(artifact: changed)).map { (try? $0.verifyGoldenRows()) != nil }
                if index >= weightsStart + 2 * 8, index % 8 > 1, index < weightsStart + 3 * 8 {
                    #expect(isProved != true, "weight of Bern, byte \(index), mask \(mask)")
                }
            }
        }
    }

    @Test(arguments: [
        ("martlet-1", "martlet-9", "format"), ("\"linear\"", "\"forest\"", "kind"),
        ("F64", "F32", "tensor"), ("\"shape\":[1]", "\"shape\":[-1]", "shape"),
        ("\"shape\":[1]", "\"shape\":[9223372036854775807]", "shape"),
        ("\"data_offsets\":[0,8]", "\"data_offsets\":[8,0]", "data_offsets"),
        ("\"data_offsets\":[0,8]", "\"data_offsets\":[0,99999999]", "intercepts"),
        ("\"data_offsets\":[8,24]", "\"data_offsets\":[0,16]", "overlaps"),
        ("\\\"type\\\":\\\"binary\\\"", "\\\"type\\\":\\\"ternary\\\"", "output.type"),
        ("[\\\"no\\\",\\\"yes\\\"]", "[\\\"no\\\",\\\"no\\\"]", "output.labels"),
        ("\\\"type\\\":\\\"number\\\"", "\\\"type\\\":\\\"date\\\"", "schema[0].type"),
        ("[\\\"Bern\\\",\\\"Köln\\\"]", "[\\\"Bern\\\",\\\"Bern\\\"]", "schema[1].values"),
        ("\"golden\":", "\"bronze\":", "golden"), ("__metadata__", "__nothing___", "tensor"),
    ])
    func namesTheFieldAtFault(_ old: String, _ new: String, _ field: String) throws {
        let bytes = replacing(old, new, in: try #require(Example.model()).artifact)
        #expect { try Model(artifact: bytes) } throws: {
            "\($0)".contains(field)
        }
    }

    @Test func refusesATailBehindTheTensors() throws {
        let bytes = try #require(Example.model()).artifact + [0]
        #expect(throws: ArtifactError.self) { try Model(artifact: bytes) }
    }

    @Test func findsAGoldenRowThatDiffers() throws {
        let bytes = replacing(
            "\\\"margins\\\":[5.5]", "\\\"margins\\\":[5.500000000000001]",
            in: try #require(Example.model()).artifact)
        let model = try Model(artifact: bytes)
        #expect(throws: ArtifactError.goldenMismatch(row: 0, field: "margins")) {
            try model.verifyGoldenRows()
        }
    }
}
