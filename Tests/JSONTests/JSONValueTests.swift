// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

struct JSONValueTests {
    @Test(arguments: [
        "null", "true", "[]", "{}", "[1,-2.5,\"a\"]", "{\"b\":1,\"a\":{\"c\":[null,false]}}",
        "\"\\u0000\\\"\\\\\\n\"", "9223372036854775807", "1e+16", "\"é😀\"",
    ])
    func writesWhatItRead(_ text: String) throws {
        #expect(try JSONValue(parsing: text).text == text)
    }

    /// JSON Schema's integers, as far as an `Int` goes.
    @Test(
        arguments: [
            ("4", 4), ("4.0", 4), ("-4e0", -4), ("1e18", 1_000_000_000_000_000_000),
            ("9223372036854775807", .max), ("9223372036854775808", nil), ("1.5", nil),
            ("1e30", nil),
            ("\"4\"", nil), ("true", nil), ("null", nil),
        ] as [(String, Int?)])
    func readsWholeNumbers(_ text: String, _ expected: Int?) throws {
        #expect(try JSONValue(parsing: text).wholeNumber == expected)
    }

    @Test(arguments: [
        ("\"\\u00e9\\ud83d\\ude00\\/\\b\"", "é😀/\u{8}"), ("\"\\u0041\"", "A"),
    ])
    func resolvesEscapes(_ text: String, _ expected: String) throws {
        #expect(try JSONValue(parsing: text).string == expected)
    }

    @Test(arguments: [
        ("{\"a\":1,\"a\":2}", JSONError.Reason.duplicateMember, 7),
        ("{\"a\":1,\"\\u0061\":2}", .duplicateMember, 7),
        ("[1,]", .unexpectedByte, 3), ("[1 2]", .unexpectedByte, 3),
        ("{\"a\" 1}", .unexpectedByte, 5),
        ("{a:1}", .unexpectedByte, 1), ("[1", .unexpectedEnd, 2), ("\"a", .unexpectedEnd, 2),
        ("\"\\x\"", .invalidEscape, 1), ("\"\\ud800\"", .loneSurrogate, 1),
        ("\"\\ud800\\u0041\"", .loneSurrogate, 1), ("\"\\udc00\"", .loneSurrogate, 1),
        ("\"\n\"", .controlCharacter, 1), ("nul", .unexpectedEnd, 3), ("nulL", .unexpectedByte, 3),
        ("1 1", .trailingBytes, 2), ("", .unexpectedEnd, 0), ("\u{FEFF}1", .unexpectedByte, 0),
        ("// x\n1", .unexpectedByte, 0), ("\"\\u00g0\"", .invalidEscape, 1),
    ])
    func refuses(_ text: String, _ reason: JSONError.Reason, _ offset: Int) {
        #expect(throws: JSONError(reason, at: offset)) { try JSONValue(parsing: text) }
    }

    @Test func refusesNestingBeyondTheLimit() throws {
        let depth = JSONCursor.depthMax
        let nested = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
        #expect(throws: Never.self) { try JSONValue(parsing: nested(depth)) }
        #expect(throws: JSONError(.nestedTooDeep, at: depth)) {
            try JSONValue(parsing: nested(depth + 1))
        }
    }

    /// Every byte as the whole content of a string: accepted exactly when it is ASCII and no
    /// control, quote or backslash.
    @Test func judgesEveryByteInAString() {
        for byte in UInt8.min...UInt8.max {
            let text: [UInt8] = [0x22, byte, 0x22]
            let isAccepted = (try? JSONValue(parsing: text.span)) != nil
            #expect(isAccepted == (0x20..<0x80 ~= byte && byte != 0x22 && byte != 0x5C), "\(byte)")
        }
    }

    @Test(
        arguments: [
            [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE0, 0x80, 0x80], [0xC3],
            [0xF8, 0x88, 0x80, 0x80, 0x80], [0xF0, 0x80, 0x80, 0x80],
        ] as [[UInt8]])
    func refusesMalformedUTF8(_ sequence: [UInt8]) {
        let text = [0x22] + sequence + [0x22]
        #expect { try JSONValue(parsing: text.span) } throws: {
            ($0 as? JSONError)?.reason == .invalidUTF8
        }
    }

    @Test func everyPrefixOfADocumentEndsTooEarly() {
        let text = Array(#"{"a":[1,true,null,"x\u00e9é"],"b":{}}"#.utf8)
        for count in text.indices {
            #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text[..<count]).span) }
        }
    }

    /// Found by the fuzzer: a golden row's `-0` lost its sign, a request's kept it.
    @Test func minusZeroKeepsItsSign() throws {
        let values = try #require(JSONValue(parsing: "[-0,0,-0.0,-1]").array)
        let signs = values.compactMap(\.number).map(\.sign)
        #expect(signs == [.minus, .plus, .minus, .minus])
        #expect(values[0].integer == nil && values[1].integer == 0 && values[3].integer == -1)
    }
}
