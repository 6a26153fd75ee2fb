// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

/// RFC 8259 and what goes beyond it: what is JSON here and what is not.
struct StrictnessTests {
    /// Why a text is refused, by both readers alike; `nil` where it is accepted.
    private func refusal(_ text: [UInt8]) -> JSONError.Reason? {
        var built: JSONError?
        do throws(JSONError) {
            _ = try JSONValue(parsing: text.span)
        } catch {
            built = error
        }
        var skipped: JSONError?
        do throws(JSONError) {
            var cursor = JSONCursor()
            try cursor.skip(in: text.span)
            try cursor.finish(in: text.span)
        } catch {
            skipped = error
        }
        // Stepping over a value keeps no names, so it alone does not see that one comes twice.
        if built?.reason != .duplicateMember { #expect(built == skipped) }
        return built?.reason
    }

    private func refusal(_ text: String) -> JSONError.Reason? { refusal(Array(text.utf8)) }

    @Test(arguments: [
        " \t\r\n1\n\r\t ", "{}", "[]", "\"\"", "true", "[ ]", "{ }", "[null , [ ] , { } ]",
        "{\"\":0}", "{\"a\":{\"a\":{\"a\":1}}}", "[{\"a\":1},{\"a\":2}]", "{\"a\":1,\"A\":2}",
        "\"\u{7F}\u{80}\u{FEFF}\u{FFFF}\u{10FFFF}\"", "\"\\u0000\\uFFFF\"", "\"//\"", "-0", "1E+2",
        // Two names, though they look the same.
        "{\"\u{E9}\":1,\"e\u{301}\":2}",
    ])
    func accepts(_ text: String) {
        #expect(refusal(text) == nil)
    }

    @Test(
        arguments: [
            // What is written elsewhere.
            ("NaN", JSONError.Reason.unexpectedByte), ("nan", .unexpectedByte),
            ("-NaN", .invalidNumber), ("Infinity", .unexpectedByte), ("-Infinity", .invalidNumber),
            ("inf", .unexpectedByte), ("True", .unexpectedByte), ("NULL", .unexpectedByte),
            ("nil", .unexpectedByte), ("undefined", .unexpectedByte), ("0x1F", .trailingBytes),
            ("1_000", .trailingBytes), ("1.5f", .trailingBytes), ("'a'", .unexpectedByte),
            ("{'a':1}", .unexpectedByte), ("{a:1}", .unexpectedByte), ("{1:1}", .unexpectedByte),
            ("[1] // c", .trailingBytes), ("/* c */[1]", .unexpectedByte),
            ("[1 /* c */]", .unexpectedByte),
            ("# c\n1", .unexpectedByte), ("\"\\x41\"", .invalidEscape), ("\"\\'\"", .invalidEscape),
            ("\"\\0\"", .invalidEscape), ("\"\\u{41}\"", .invalidEscape),
            ("\"\\U0041\"", .invalidEscape),
            // Commas and colons.
            ("[,]", .unexpectedByte), ("[1,]", .unexpectedByte), ("[,1]", .unexpectedByte),
            ("[1,,2]", .unexpectedByte), ("[1 2]", .unexpectedByte), ("[1:2]", .unexpectedByte),
            ("{,}", .unexpectedByte), ("{\"a\":1,}", .unexpectedByte),
            ("{\"a\",1}", .unexpectedByte),
            ("{\"a\"}", .unexpectedByte), ("{\"a\":}", .unexpectedByte),
            ("{\"a\"::1}", .unexpectedByte),
            ("{\"a\":1 \"b\":2}", .unexpectedByte), ("[1}", .unexpectedByte),
            ("{\"a\":1]", .unexpectedByte),
            // What follows a value.
            ("{}{}", .trailingBytes), ("1,", .trailingBytes), ("[]]", .trailingBytes),
            ("nullx", .trailingBytes), ("\"a\"\"b\"", .trailingBytes), ("1\u{0}", .trailingBytes),
            ("1\u{C}", .trailingBytes), ("1\u{A0}", .trailingBytes), ("1\u{2028}", .trailingBytes),
            ("]", .unexpectedByte), ("", .unexpectedEnd), (" \n", .unexpectedEnd),
            // Duplicates.
            ("{\"a\":1,\"a\":1}", .duplicateMember),
            ("{\"a\":1,\"b\":2,\"\\u0061\":3}", .duplicateMember),
            ("[{\"x\":{\"\":1,\"\":2}}]", .duplicateMember),
        ] as [(String, JSONError.Reason)])
    func refuses(_ text: String, _ reason: JSONError.Reason) {
        #expect(refusal(text) == reason)
    }

    @Test(
        arguments: [
            [0xEF, 0xBB, 0xBF, 0x31], [0xFF, 0xFE, 0x31, 0], [0xFE, 0xFF, 0, 0x31], [0x31, 0],
            [0, 0x31],
        ] as [[UInt8]])
    func refusesAMarkOfByteOrderAndWhatItStandsFor(_ text: [UInt8]) {
        #expect(refusal(text) != nil)
    }

    @Test func onlyFourBytesAreWhiteSpace() {
        let starts = Set(" \t\n\r-123456789".utf8)
        for byte in UInt8.min...UInt8.max {
            #expect((refusal([byte, 0x31]) == nil) == starts.contains(byte), "\(byte)")
        }
    }

    @Test func onlyEightEscapesAreOneByteLong() {
        let escapes = Set("\"\\/bfnrt".utf8)
        for byte in UInt8.min...UInt8.max {
            let text: [UInt8] = [0x22, 0x5C, byte, 0x22]
            #expect((refusal(text) == nil) == escapes.contains(byte), "\(byte)")
        }
    }

    // MARK: Surrogates

    @Test func everyCodeUnitIsItselfOrHalfAPair() throws {
        for unit in UInt16.min...UInt16.max {
            let digits = String(unit, radix: 16)
            let text = "\"\\u" + String(repeating: "0", count: 4 - digits.count) + digits + "\""
            guard let scalar = Unicode.Scalar(unit) else {
                if refusal(text) != .loneSurrogate { Issue.record("\(text)") }
                continue
            }
            if try JSONValue(parsing: text).string != String(scalar) { Issue.record("\(text)") }
        }
    }

    @Test(arguments: [
        ("\\ud800\\udc00", "\u{10000}"), ("\\uD83D\\uDE00", "\u{1F600}"),
        ("\\udbff\\udfff", "\u{10FFFF}"), ("\\ud83d\\ude00\\u0041", "\u{1F600}A"),
        ("\\ud800", nil), ("\\udc00\\ud800", nil), ("\\ud800\\ud800", nil), ("\\ud800\\n", nil),
        ("\\ud800 \\udc00", nil), ("\\ud800\\\\udc00", nil), ("\\ud800\\udc0", nil),
        ("\\ud800\\u", nil), ("\\ud83dx", nil),
    ])
    func joinsTheHalvesOfAPair(_ escapes: String, _ expected: String?) {
        #expect((try? JSONValue(parsing: "\"\(escapes)\""))?.string == expected)
        #expect((refusal("\"\(escapes)\"") == nil) == (expected != nil))
    }

    // MARK: Numbers

    /// The grammar of RFC 8259 section 6 as its states: what may follow what.
    private static func isNumber(_ text: [UInt8]) -> Bool {
        enum State { case start, minus, zero, integer, point, fraction, e, sign, exponent }
        var state = State.start
        for byte in text {
            switch (state, byte) {
            case (.start, 0x2D): state = .minus
            case (.start, 0x30), (.minus, 0x30): state = .zero
            case (.start, 0x31...0x39), (.minus, 0x31...0x39), (.integer, 0x30...0x39):
                state = .integer
            case (.zero, 0x2E), (.integer, 0x2E): state = .point
            case (.point, 0x30...0x39), (.fraction, 0x30...0x39): state = .fraction
            case (.zero, 0x65), (.integer, 0x65), (.fraction, 0x65), (.zero, 0x45),
                (.integer, 0x45), (.fraction, 0x45):
                state = .e
            case (.e, 0x2B), (.e, 0x2D): state = .sign
            case (.e, 0x30...0x39), (.sign, 0x30...0x39), (.exponent, 0x30...0x39):
                state = .exponent
            default: return false
            }
        }
        switch state {
        case .zero, .integer, .fraction, .exponent: return true
        case .start, .minus, .point, .e, .sign: return false
        }
    }

    /// Every text of up to six of the bytes that numbers are made of.
    @Test func judgesEveryShortNumber() {
        let alphabet = Array("01-+.eE".utf8)
        var texts: [[UInt8]] = [[]]
        var acceptedCount = 0
        for _ in 0..<6 {
            texts = texts.flatMap { text in alphabet.map { text + [$0] } }
            for text in texts {
                var cursor = JSONCursor()
                var isAccepted = false
                do throws(JSONError) {
                    _ = try cursor.number(in: text.span)
                    isAccepted = cursor.position == text.count
                } catch {
                    // A number such as 1e1000, though too large a one.
                    isAccepted = error.reason == .numberOverflow
                }
                if isAccepted { acceptedCount += 1 }
                if isAccepted != Self.isNumber(text) {
                    Issue.record("\(String(decoding: text, as: UTF8.self))")
                }
            }
        }
        #expect(acceptedCount > 1000)
    }

    private static let zeros = String(repeating: "0", count: 400)
    private static let nines = String(repeating: "9", count: 100_000)

    @Test(
        arguments: [
            ("1\(zeros.prefix(308))", 1e308), ("1\(zeros.prefix(309))", nil), ("0.\(zeros)1", 0),
            ("1\(zeros)e-400", 1), ("\(nines)e-100000", 1), ("1e308", 1e308), ("1e309", nil),
            ("-1e309", nil), ("1e99999999999999999999", nil), ("1e-99999999999999999999", 0),
            ("0e99999999999999999999", 0), ("0.0e99999999999999999999", 0),
            ("1e0000000000000000000001", 10),
        ] as [(String, Double?)])
    func refusesWhatFitsNoDouble(_ text: String, _ expected: Double?) throws {
        #expect(refusal(text) == (expected == nil ? .numberOverflow : nil))
        if let expected { #expect(try JSONValue(parsing: text).number == expected) }
    }

    // MARK: Nesting

    @Test(arguments: [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")])
    func nestsSixtyFourDeep(_ open: String, _ close: String) {
        let levels = open.hasPrefix("[{") ? 2 : 1
        func text(_ depth: Int) -> String {
            String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        }
        #expect(JSONCursor.depthMax == 64)
        #expect(refusal(text(64 / levels)) == nil)
        #expect(refusal(text(64 / levels + 1)) == .nestedTooDeep)
        #expect(refusal(String(repeating: open, count: 100_000)) == .nestedTooDeep)
        // Beside one another is not inside.
        let row = Array(repeating: text(64 / levels - 1), count: 100).joined(separator: ",")
        #expect(refusal("[\(row)]") == nil)
    }
}
