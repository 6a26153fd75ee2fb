// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Testing

struct FeatureSchemaTests {
    @Test(arguments: [
        (#"[41.5, "Köln"]"#, [41.5, 1]), (#"{"city": "Bern", "age": 7}"#, [7, 0]),
        (#"{"age": 1e2, "city": "Ulm"}"#, [100, 2]), (#"[1, "K\u00f6ln"]"#, [1, 1]),
        (#"{"\u0061ge": 3, "city": ""}"#, [3, 2]),
    ])
    func readsRecords(_ json: String, _ expected: [Double]) throws {
        #expect(try Example.row(json) == expected)
    }

    @Test(arguments: [#"[null, null]"#, #"{"age": null, "city": null}"#])
    func readsNullAsMissing(_ json: String) throws {
        #expect(try Example.row(json).map(\.isNaN) == [true, true])
    }

    @Test(arguments: [
        ("[1]", RecordError.Reason.wrongCount(expected: 2, found: 1), ""),
        (#"[1, "a", 2]"#, .wrongCount(expected: 2, found: 3), ""),
        ("[]", .wrongCount(expected: 2, found: 0), ""),
        (#"["1", "Bern"]"#, .notANumber, "[0]"), ("[1, 2]", .notAString, "[1]"),
        ("[true, null]", .notANumber, "[0]"), ("[[1], null]", .notANumber, "[0]"),
        (#"{"age": 1}"#, .missingFeature, "['city']"), ("{}", .missingFeature, "['age']"),
        (#"{"age": 1, "town": "x"}"#, .unknownFeature, "['town']"),
        (#"{"a'b": 1}"#, .unknownFeature, #"['a\'b']"#),
        (#"{"age": null, "age": 2}"#, .duplicateFeature, "['age']"),
        (#"{"age": "x"}"#, .notANumber, "['age']"),
        ("[1e999, null]", .json(JSONError(.numberOverflow, at: 1)), "[0]"),
        ("7", .json(JSONError(.wrongType, at: 0)), ""),
        ("[NaN, null]", .json(JSONError(.unexpectedByte, at: 1)), "[0]"),
    ])
    func refuses(_ json: String, _ reason: RecordError.Reason, _ path: String) {
        #expect { try Example.row(json) } throws: {
            ($0 as? RecordError)?.reason == reason && ($0 as? RecordError)?.path == path
        }
    }

    @Test func needsDistinctNames() {
        #expect(FeatureSchema([]) == nil)
        #expect(
            FeatureSchema([
                Feature(name: "a", kind: .number), Feature(name: "a", kind: .number),
            ]) == nil)
        #expect(CategoryDictionary(values: ["x", "x"]) == nil)
    }

    @Test func findsEachOfManyStrings() throws {
        let strings = (0..<1000).map { "value-\($0)" }
        let table = try #require(StringTable(strings))
        for (index, string) in strings.enumerated() { #expect(table.index(of: string) == index) }
        #expect(table.index(of: "value-1000") == nil)
        #expect(table.index(of: "") == nil)
    }
}
