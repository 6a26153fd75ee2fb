// SPDX-License-Identifier: Apache-2.0
import CSV
import Testing

@testable import Training

struct FoldKeyTests {
    private static func ranks(_ key: FoldKey, _ values: [String]) throws -> [Int32] {
        let text = "k,x\n" + values.map { "\($0),1\n" }.joined()
        return try key.ranks(TableTests.table(text), missing: MissingTokens())
    }

    @Test(
        arguments: [
            (["10", "9", "9.0", "-1e1"], [2, 1, 1, 0]),
            (["2026-11-21T10:00+01:00", "2026-11-21", "2026-11-21T09:00Z"], [1, 0, 1]),
        ] as [([String], [Int32])])
    func ranksTimes(values: [String], expected: [Int32]) throws {
        #expect(try Self.ranks(.time(column: "k"), values) == expected)
    }

    @Test func tellsGroupsApartByTheirText() throws {
        #expect(try Self.ranks(.group(column: "k"), ["b", "a", "b", "1"]) == [0, 1, 0, 2])
    }

    @Test(
        arguments: [
            (FoldKey.time(column: "k"), ["1", "?", ""], 3, "the --time is missing in 2 rows"),
            (.group(column: "k"), ["a", "b", "NA"], 4, "the --group is missing in this row"),
            (.time(column: "k"), ["1", "2", "Q3"], 4, "'Q3' is not a number like others"),
            (.time(column: "k"), ["2026-11-21", "2026"], 3, "'2026' is not a time"),
            (.time(column: "k"), ["spring", "autumn"], 2, "'spring' is not a time"),
        ] as [(FoldKey, [String], Int, String)])
    func refusesTheFirstRowWithoutAPlace(
        key: FoldKey, values: [String], line: Int, reason: String
    ) throws {
        let error = #expect(throws: TrainingError.self) { try Self.ranks(key, values) }
        guard case .data(let fault) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(fault.line == line)
        #expect(fault.column == "k")
        #expect(fault.reason.hasPrefix(reason), "\(fault.reason)")
    }

    @Test func remarksOnDates() throws {
        let rows = (0..<40).map { "2026-01-0\($0 % 4 + 1),2026-\($0 % 12 + 1 + 100),\($0 % 2)\n" }
        let data = try Preparation(
            TableTests.table("day,code,label\n" + rows.joined()), testTable: nil,
            settings: PreparationSettings(target: "label", task: .classification))
        let notes = data.profiles.map(\.note)
        #expect(notes[0] == "4 values; looks like a date: --ignore, or --time for folds")
        #expect(notes[1] == "12 values")
    }
}
