// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

struct NumberTests {
    private func parse(_ text: String) throws(JSONError) -> Double {
        let bytes = Array(text.utf8)
        var cursor = JSONCursor()
        let value = try cursor.number(in: bytes.span)
        try cursor.finish(in: bytes.span)
        return value
    }

    private func print(_ value: Double) -> String {
        var bytes: [UInt8] = []
        bytes.appendJSON(value)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Doubles with random bits: every exponent, normal and subnormal.
    private func randomDoubles(_ count: Int, seed: UInt64) -> [Double] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var bits = state
            bits ^= bits >> 29
            return Double(bitPattern: bits)
        }.filter(\.isFinite)
    }

    @Test func printsWhatReadsBackAsTheSameBits() throws {
        for value in randomDoubles(200_000, seed: 1) {
            let bits = try parse(print(value)).bitPattern
            if bits != value.bitPattern { Issue.record("\(value)") }
        }
    }

    @Test func printsAsFewDigitsAsTheStandardLibrary() {
        func digits(_ text: String) -> [UInt8] {
            let mantissa = text.utf8.prefix { $0 != 0x65 }.filter { 0x30...0x39 ~= $0 }
            let trimmed = mantissa.drop { $0 == 0x30 }
            return Array(trimmed.reversed().drop { $0 == 0x30 })
        }
        for value in randomDoubles(100_000, seed: 2)
        where digits(print(value)) != digits(value.description) {
            Issue.record("\(value)")
        }
    }

    /// Every count of digits with the point at every place, and what lies beside. (From 2^53 to
    /// 1e16 the library writes an exponent already.)
    @Test func printsLikeTheStandardLibrary() throws {
        var generator = SystemRandomNumberGenerator()
        for digitCount in 1...17 {
            for exponent in -30...30 {
                let digits = (0..<digitCount).map { _ in
                    String(Int.random(in: 0...9, using: &generator))
                }
                let text = "-\(digits.joined())e\(exponent)"
                let value = try #require(Double(text))
                for value in [value, -value, value.nextUp, value.nextDown]
                where !(9e15..<1e16 ~= value.magnitude) {
                    #expect(print(value) == value.description)
                }
            }
        }
    }

    @Test func readsLikeTheStandardLibrary() throws {
        for value in randomDoubles(50_000, seed: 3) {
            let magnitude = value.magnitude
            for text in ["\(magnitude)", "\(magnitude)".replacing("e", with: "00001e")] {
                guard text.contains(".") else { continue }
                #expect(try parse(text) == Double(text), "\(text)")
            }
        }
    }

    @Test(arguments: [
        ("0", 0.0), ("-0", -0.0), ("1", 1), ("-12.5", -12.5), ("1e3", 1000), ("1E-2", 0.01),
        ("1.7976931348623157e308", Double.greatestFiniteMagnitude),
        ("5e-324", .leastNonzeroMagnitude),
        ("2.4703282292062327e-324", 0), ("2.4703282292062329e-324", .leastNonzeroMagnitude),
        ("2.2250738585072011e-308", Double.leastNormalMagnitude.nextDown),
        ("9007199254740993", 9_007_199_254_740_992), ("9007199254740995", 9_007_199_254_740_996),
        ("0.1", 0.1), ("123456789012345678901234567890", 1.2345678901234568e29),
        ("1e-400", 0), ("0e999999999999", 0), ("10000000000000000000000e-22", 1),
        ("6.02214076e23", 6.02214076e23), ("179769313486231570e291", 1.7976931348623157e308),
    ])
    func readsTheNearestDouble(_ text: String, _ expected: Double) throws {
        #expect(try parse(text).bitPattern == expected.bitPattern)
    }

    @Test func readsATieOnlyALongTailDecides() throws {
        let tie = "1.00000000000000011102230246251565404236316680908203125"
        #expect(try parse(tie) == 1)
        #expect(try parse(tie + "0000000000000000000000000000000001") == 1.0000000000000002)
    }

    @Test(arguments: [
        ("01", JSONError.Reason.invalidNumber), ("-", .unexpectedEnd), ("1.", .unexpectedEnd),
        ("1.e5", .invalidNumber), ("1e", .unexpectedEnd), ("1e+", .unexpectedEnd),
        ("+1", .unexpectedByte), (".5", .unexpectedByte), ("0x10", .trailingBytes),
        ("1e309", .numberOverflow), ("-1e400", .numberOverflow), ("NaN", .unexpectedByte),
        ("Infinity", .unexpectedByte), ("-Infinity", .invalidNumber), ("1_0", .trailingBytes),
        ("", .unexpectedEnd), ("\"1\"", .wrongType), ("1.8e308", .numberOverflow),
    ])
    func refuses(_ text: String, _ reason: JSONError.Reason) {
        #expect { try parse(text) } throws: { ($0 as? JSONError)?.reason == reason }
    }

    @Test(arguments: [
        (3.0, "3.0"), (-0.0, "-0.0"), (0.1, "0.1"), (1e16, "1e+16"), (123_456.75, "123456.75"),
        (0.001, "0.001"), (0.0001, "0.0001"), (0.00001, "1e-05"), (1.5e-7, "1.5e-07"),
        (.leastNonzeroMagnitude, "5e-324"), (1e22, "1e+22"), (1e23, "1e+23"), (.infinity, "null"),
        (.nan, "null"),
        (9_007_199_254_740_992, "9007199254740992.0"), (2e-300, "2e-300"),
    ])
    func prints(_ value: Double, _ expected: String) {
        #expect(print(value) == expected)
    }

    @Test(arguments: [
        (0, "0"), (-7, "-7"), (Int.max, "9223372036854775807"),
        (Int.min, "-9223372036854775808"),
    ])
    func printsIntegers(_ value: Int, _ expected: String) {
        var bytes: [UInt8] = []
        bytes.appendJSON(value)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }
}
