// SPDX-License-Identifier: Apache-2.0
import CSV
import Testing
import Training

/// Which texts a column of numbers may hold, seen through a table.
struct NumberInferenceTests {
    /// The value that a text gives in a number column; `nil` when it is refused.
    private static func value(_ text: String, missing: [String] = []) throws -> Double? {
        var settings = PreparationSettings(target: "y", task: .regression)
        settings.overrides = ColumnOverrides(numbers: ["x"])
        settings.missing = MissingTokens(others: missing)
        let table = try TableTests.table("x;y\n\(text);1\n7;2\n")
        let test = try TableTests.table("x;y\n1;1\n", name: "test.csv")
        guard let data = try? Preparation(table, testTable: test, settings: settings) else {
            return nil
        }
        return data.train.rows[0]
    }

    @Test(
        arguments: [
            ("0", 0), ("-12", -12), ("+3.5", 3.5), (".5", 0.5), ("7.", 7), ("007", 7), ("  2 ", 2),
            ("1e-3", 0.001), ("1E+2", 100), ("-0", -0.0), ("0.1", 0.1), ("123456.789", 123456.789),
            ("9007199254740993", 9007199254740992), ("1e150", 1e150),
            ("4.9e-324", .leastNonzeroMagnitude),
            ("0.1000000000000000055511151231257827021181583404541015625", 0.1),
            ("12345678901234567890123", 1.2345678901234568e22),
        ] as [(String, Double)])
    func readsTheNearestDouble(text: String, expected: Double) throws {
        #expect(try Self.value(text)?.bitPattern == expected.bitPattern)
    }

    @Test(arguments: [
        "", " ", "NA", "N/A", "NaN", "nan", "null", "NULL", "?", " ? ", "\"\"", "-999", "none",
    ])
    func takesTokensForMissing(text: String) throws {
        #expect(try Self.value(text, missing: ["-999", "none"])?.isNaN == true)
    }

    @Test(arguments: [
        "x", "1x", "1,5", "1 2", "--1", "1e", "1e+", ".", "-", "0x10", "inf", "Infinity", "2e150",
        "1e999",
        "1_000", "$5", "5%", "1.2.3",
    ])
    func refusesOtherTexts(text: String) throws {
        #expect(try Self.value(text) == nil)
    }
}
