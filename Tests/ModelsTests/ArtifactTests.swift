// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Testing

struct ArtifactTests {
    /// The artifact with another text in its header.
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

    @Test(arguments: ModelSample.allCases)
    func everyTruncationIsRefused(_ sample: ModelSample) throws {
        let bytes = try sample.model().artifact
        for count in bytes.indices {
            #expect(throws: ArtifactError.self) { try Model(artifact: Array(bytes[..<count])) }
        }
    }

    /// Whatever byte is changed, loading, proving, answering and explaining end in a model or an
    /// error, never in a trap; and a change that every answer shows is always found.
    @Test(arguments: ModelSample.allCases)
    func everyChangedByteIsSurvived(_ sample: ModelSample) throws {
        let bytes = try sample.model().artifact
        let telling = try #require(Self.position(of: sample.tellingBytes, in: bytes))
        for index in bytes.indices {
            // Each mask for a third of the bytes of a header; all for the tensors.
            let masks: [UInt8] = [0x01, 0x80, 0xFF]
            let isTensor = index >= Self.tensorsStart(bytes)
            for mask in isTensor ? masks : [masks[index % 3]] {
                var changed = bytes
                changed[index] ^= mask
                let isProved = Self.proves(changed)
                if telling.contains(index) {
                    #expect(!isProved, "byte \(index), mask \(mask)")
                }
            }
        }
    }

    /// Every kind with every output: where the margins differ in number, the file is refused.
    @Test(arguments: ModelSample.allCases, ModelSample.outputs)
    func refusesAnotherOutput(_ sample: ModelSample, _ output: Output) throws {
        let model = try sample.model()
        func escaped(_ output: Output) -> String {
            output.json.text.replacing("\"", with: "\\\"")
        }
        let bytes = replacing(escaped(model.output), escaped(output), in: model.artifact)
        let isBayes = model.kind.name == "naive-bayes"
        if output.marginCount == model.output.marginCount,
            !isBayes || output.labels.count == model.output.labels.count
        {
            let read = try Model(artifact: bytes)
            #expect(read.output == output)
            _ = try? read.verifyGoldenRows()
        } else {
            #expect(throws: ArtifactError.self) { try Model(artifact: bytes) }
        }
    }

    /// Naive Bayes of two labels has one margin, and this output asks for two.
    @Test func refusesTwoMarginsForOne() throws {
        let bytes = replacing(
            "\\\"type\\\":\\\"binary\\\"", "\\\"type\\\":\\\"multiclass\\\"",
            in: try ModelSample.bayesOfTwo.model().artifact)
        #expect(
            throws: ArtifactError.invalidField(
                "output", "naive-bayes has margins: 1, the output: 2")
        ) {
            try Model(artifact: bytes)
        }
    }

    private static func tensorsStart(_ bytes: [UInt8]) -> Int {
        8 + (Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16)
    }

    /// Where a number stands among the tensors: its sign, exponent and highest digits.
    private static func position(of number: [UInt8], in bytes: [UInt8]) -> Range<Int>? {
        let first = (tensorsStart(bytes)...bytes.count - number.count).first {
            bytes[$0..<$0 + number.count].elementsEqual(number)
        }
        return first.map { $0 + number.count - 2..<$0 + number.count }
    }

    /// Loads a model, asks it for all it may be asked for, and proves its golden rows.
    private static func proves(_ bytes: [UInt8]) -> Bool {
        guard let model = try? Model(artifact: bytes) else { return false }
        let row = model.schema.features.map { $0.kind == .number ? 1.5 : .nan }
        for output in 0..<model.output.marginCount {
            _ = model.explanation(of: row.span, output: output)
        }
        return (try? model.verifyGoldenRows()) != nil
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
