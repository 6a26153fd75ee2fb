// SPDX-License-Identifier: Apache-2.0
import Importing
import JSON
import Testing

/// What no file of a library holds, but a damaged or hostile one may.
struct DocumentTests {
    /// A list of UBJSON with a count in eight bytes.
    private static func bytes(_ parts: Any...) -> [UInt8] {
        parts.flatMap { part -> [UInt8] in
            switch part {
            case let text as String: return Array(text.utf8)
            case let number as Int:
                return withUnsafeBytes(of: Int64(number).bigEndian) { Array($0) }
            default: return []
            }
        }
    }

    @Test(arguments: [
        (bytes("{L", 1, "aT"), "the file ends inside an object"),
        (bytes("{L", 1 << 40, "a"), "the file ends inside a list or string"),
        (bytes("{L", -1, "a"), "byte 10: a negative length"),
        (bytes("{L", 1, "a[$d#L", 1 << 60), "the file ends inside a list or string"),
        (bytes("{L", 1, "a[$L#L", 2, 7), "the file ends inside a list"),
        (bytes("{L", 1, "a[$Z#L", 1, " "), "a list of a type without size"),
        (bytes("{L", 1, "a[#L", 1 << 62), "the file ends inside a list or string"),
        (bytes("{L", 1, "aH"), "byte 12: no type that we know"),
        (bytes("{L", 1, "aT", "L", 1, "aT}"), "byte 12: this member occurs twice"),
        (bytes("{L", 1, "aT}T"), "byte 13: bytes behind the document"),
        (bytes("{L", 1, "\u{FF}"), "byte 10: not UTF-8"),
        (bytes("{L", 1, "a", String(repeating: "[", count: 200)), "nested too deep"),
        (bytes("{L", 1, "aSS"), "a length that is no whole number"),
    ])
    func refusesDamagedUBJSON(_ bytes: [UInt8], _ words: String) {
        // A name of one byte that is not UTF-8 cannot be written as a String here.
        var bytes = bytes
        if words.hasSuffix("UTF-8") { bytes = Array(bytes.prefix(10)) + [0xFF] }
        let error = #expect(throws: ImportError.self) {
            try ForeignFormat.xgboost.model(from: bytes)
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains(words), "\(String(describing: error))")
    }

    @Test(arguments: [
        ("", "the text ends inside a value, at byte 0"), ("{", "the text ends inside a value"),
        (#"{"version":[1,7,6],"version":1}"#, "this member occurs twice, at byte 19"),
        (String(repeating: "[", count: 100_000), "nested too deep"),
        (#"{"version":"x"}"#, "version: not a list of numbers"),
        (#"{"version":[1,7],"learner":{}}"#, "learner.gradient_booster: missing"),
        ("[]", "document: not an object"),
    ])
    func refusesDamagedJSON(_ text: String, _ words: String) {
        let error = #expect(throws: ImportError.self) {
            try ForeignFormat.xgboost.model(from: Array(text.utf8))
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains(words), "\(String(describing: error))")
    }

    @Test func readsWhatIsNoNumber() {
        let text = Array(" NaN Infinity -Infinity nan".utf8)
        var cursor = JSONCursor()
        var values: [Double?] = []
        for _ in 0..<4 { values.append(cursor.nonFinite(in: text.span)) }
        #expect(values[0]?.isNaN == true)
        #expect(values[1...] == [.infinity, -.infinity, nil])
        #expect(cursor.position == text.count - 3)
    }

    /// The nearest float, where the nearest double lies just between two and is rounded once more.
    @Test(arguments: [
        ("0.1", Float(0.1)), ("1e-45", .leastNonzeroMagnitude), ("0", 0), ("-0.0", -0.0),
        // 1 + 2^-24, half way between two floats, and a little more.
        ("1.000000059604644775390625", 1), ("1.000000059604644775390626", Float(1).nextUp),
        ("1.0000000596046447753906250000001", Float(1).nextUp), ("16777217", 16_777_216),
        ("16777217.000000001", 16_777_218), ("3.4028234663852886e38", .greatestFiniteMagnitude),
    ])
    func readsFloatsOnce(_ text: String, _ float: Float) throws {
        var cursor = JSONCursor()
        let bytes = Array(text.utf8)
        let number = try cursor.numberForFloat(in: bytes.span)
        #expect(Float(number).bitPattern == float.bitPattern)
    }
}
