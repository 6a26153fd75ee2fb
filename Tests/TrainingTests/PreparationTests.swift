// SPDX-License-Identifier: Apache-2.0
import Models
import Testing
import Training

struct PreparationTests {
    /// 40 rows with a column of each role.
    private static func text(_ edit: (Int, String) -> String = { $1 }) -> String {
        let cities = ["Bern", "Köln", "Ulm"]
        let rows = (0..<40).map { row in
            let age = row % 7 == 0 ? "?" : "\(20 + row * 7 % 31)"
            let city = row == 39 ? "Rom" : row == 5 ? " " : cities[row % 3]
            let note = "\"note \(row), of a few more words\""
            let label = row % 2 == 0 ? "no" : "yes"
            return edit(row, "\(row + 1),u\(row * 37),\(age),\(city),EU,\(note),\(label)")
        }
        return "n,user,age,city,region,note,bought\n" + rows.joined(separator: "\n") + "\n"
    }

    private static func settings(
        _ change: (inout PreparationSettings) -> Void = { _ in }
    ) -> PreparationSettings {
        var settings = PreparationSettings(target: "bought", task: .classification)
        settings.categoryCountMin = 3
        change(&settings)
        return settings
    }

    private static func prepare(
        _ text: String, test: String? = nil, _ settings: PreparationSettings = settings()
    ) throws -> Preparation {
        try Preparation(
            TableTests.table(text),
            testTable: test.map { try TableTests.table($0, name: "test.csv") },
            settings: settings)
    }

    @Test func infersTheRoleOfEachColumn() throws {
        let data = try Self.prepare(Self.text())
        let roles = data.profiles.map { "\($0.name) \($0.role.rawValue) \($0.missingCount)" }
        #expect(
            roles == [
                "n identifier 0", "user identifier 0", "age number 6", "city category 1",
                "region constant 0", "note text 0",
            ])
        #expect(data.schema.features.map(\.name) == ["age", "city"])
        #expect(data.output == .binary(labels: ["no", "yes"]))
        #expect((data.train.count, data.test.count) == (32, 8))
    }

    @Test func poolsRareAndKeepsFrequentValuesInOrder() throws {
        let data = try Self.prepare(Self.text(), test: Self.text())
        guard case .category(let dictionary) = data.schema.features[1].kind else {
            Issue.record("city is no category")
            return
        }
        #expect(dictionary.values == ["Bern", "Köln", "Ulm"])
        let width = data.schema.count
        #expect(data.train.rows[39 * width + 1] == 3)
        #expect(data.train.rows[5 * width + 1].isNaN)
        #expect(data.train.rows[0 * width].isNaN)
        #expect(data.train.rows[1 * width] == 27)
    }

    @Test func obeysOverrides() throws {
        let data = try Self.prepare(
            Self.text(),
            Self.settings {
                $0.overrides = ColumnOverrides(
                    numbers: ["n"], categories: ["age"], ignored: ["city"])
            })
        #expect(data.schema.features.map(\.name) == ["n", "age"])
        #expect(data.schema.features[0].kind == .number)
        #expect(data.schema.features[1].kind != .number)
    }

    @Test func putsTheChosenLabelSecond() throws {
        let data = try Self.prepare(Self.text(), Self.settings { $0.positive = "no" })
        #expect(data.output == .binary(labels: ["yes", "no"]))
    }

    @Test func ordersNumericLabelsByValue() throws {
        let rows = (0..<60).map { "\($0 * 7 % 50).5,\([10, 9, 2][$0 % 3])" }
        let text = "x,k\n" + rows.joined(separator: "\n")
        var settings = PreparationSettings(target: "k", task: .classification)
        settings.holdout = 0.25
        let data = try Self.prepare(text, settings)
        #expect(data.output == .multiclass(labels: ["2", "9", "10"]))
    }

    @Test func needsNoAnswersWithoutATarget() throws {
        var settings = PreparationSettings(
            target: nil, task: .unsupervised(try #require(Output(.clusters(3)))))
        settings.categoryCountMin = 3
        let data = try Self.prepare(Self.text(), settings)
        #expect(data.schema.features.map(\.name) == ["age", "city", "bought"])
        #expect(data.output.task == .clusters(3))
        #expect(data.train.target == .unlabelled(32))
        #expect(data.test.target == .unlabelled(8))
        let test = try Self.prepare(
            Self.text(), test: "city,age,bought\nUlm,30,no\n", settings
        ).test
        #expect(test.target == .unlabelled(1))
        #expect(test.rows == [30, 2, 0])
    }

    @Test func readsATestTableByNameInAnyOrder() throws {
        let test = "bought,city,age\nyes,Ulm,30\nno,Paris,\n"
        let data = try Self.prepare(Self.text(), test: test)
        #expect(data.train.count == 40)
        #expect(data.test.target == .labels([1, 0]))
        #expect(data.test.rows[0...1] == [30, 2])
        #expect(data.test.rows[2].isNaN)
        #expect(data.test.rows[3] == 3)
    }

    private struct Fault: Sendable {
        let edit: @Sendable (Int, String) -> String
        let fault: InputFault
    }

    private static let faults: [Fault] = [
        Fault(
            edit: { $0 == 3 ? $1.replacing(",yes", with: ",") : $1 },
            fault: InputFault(
                file: "data.csv", line: 5, column: "bought",
                reason: "the answer is missing; drop the row to go on")),
        Fault(
            edit: { $0 == 8 ? $1.replacing(",45,", with: ",4S,") : $1 },
            fault: InputFault(
                file: "data.csv", line: 10, column: "age",
                reason: "'4S' is not a number like 33 others of the column; "
                    + "--missing '4S', --category 'age' or --ignore 'age' settle it")),
        Fault(
            edit: { $1.replacing(",no", with: ",yes") },
            fault: InputFault(
                file: "data.csv", column: "bought", reason: "every row has the answer 'yes'")),
    ]

    @Test(arguments: faults.indices)
    func namesFileLineAndColumn(index: Int) {
        let expected = Self.faults[index]
        #expect(throws: TrainingError.data(expected.fault)) {
            try Self.prepare(Self.text(expected.edit))
        }
    }

    @Test(
        arguments: [
            (
                "bought,city,age\nmaybe,Ulm,3\n", 2, "bought",
                "the answer 'maybe' does not occur in training"
            ),
            ("bought,city,age\nyes,Ulm,x\n", 2, "age", "'x' is not a number"),
            ("bought,city\nyes,Ulm\n", 1, nil, "no column 'age'; there are bought, city"),
        ] as [(String, Int, String?, String)])
    func checksATestTable(test: String, line: Int, column: String?, reason: String) {
        let fault = InputFault(file: "test.csv", line: line, column: column, reason: reason)
        #expect(throws: TrainingError.data(fault)) {
            try Self.prepare(Self.text(), test: test)
        }
    }

    /// Numbers are to be predicted as such; where one cannot be, that is why they are classes.
    @Test(
        arguments: [
            (LearningTask.classification, "7.25", "; --task regression predicts numbers"),
            (.inferred, "1e160", "'1e160' is too large a number"),
            (.inferred, "many", "'many' is not a number"),
        ])
    func refusesWhatIsNoClassification(
        task: LearningTask, answer: String, reason: String
    ) throws {
        let rows = (0..<50).map { "\($0 % 3),\($0 == 7 ? answer : "\($0).25")" }
        #expect {
            try Self.prepare(
                "x,y\n" + rows.joined(separator: "\n"),
                PreparationSettings(target: "y", task: task))
        } throws: { error in
            guard case TrainingError.data(let fault) = error else { return false }
            return fault.reason.contains("50 different answers") && fault.reason.contains(reason)
                && fault.line == (task == .inferred ? 9 : nil)
        }
    }
}
