// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

struct ReportTests {
    private static let fit = [
        "fit", "--data", "@/a.csv", "--name", "a", "--registry", "@/r.registry",
    ]
    private static let naiveBayes = fit + ["--target", "label", "--model", "naive-bayes"]

    private static func program() throws -> Program {
        try Program.withTable(rows: 400, features: 3)
    }

    @Test func tellsWhatCostsAndShufflingHaveComeTo() throws {
        let program = try Self.program()
        let options = ["--cost-false-negative", "3", "--permutation-repeats", "5"]
        let outcome = try program.run(Self.naiveBayes + options)
        #expect(outcome.output.contains("\ncalled 'yes' above 0.2500; cost per test row "))
        #expect(outcome.output.contains("called 'yes'  called 'no'\n"))
        #expect(outcome.output.contains("  shuffled  roc_auc on the test rows falls by "))
        #expect(!outcome.output.contains("calibrated by"))

        let told = try program.run(Self.naiveBayes + options + ["--json"])
        let object = try JSONValue(parsing: told.output)
        let costs = try #require(object["costs"])
        #expect(costs["threshold"]?.number == 0.25)
        let counts = try #require(costs["test"])
        func count(_ name: String) throws -> Int { try #require(counts[name]?.integer) }
        let (positives, negatives) = (
            try count("true_positives"), try count("true_negatives")
        )
        let (falsePositives, falseNegatives) = (
            try count("false_positives"), try count("false_negatives")
        )
        #expect(positives + negatives + falsePositives + falseNegatives == 80)
        let sum = Double(falsePositives) + 3 * Double(falseNegatives)
        #expect(costs["cost_per_row"]?.number == sum / 80)
        let test = try #require(object["metrics"]?["test"])
        #expect(test["accuracy"]?.number == Double(positives + negatives) / 80)
        #expect(object["permutation_importance"]?["metric"]?.string == "roc_auc")
        #expect(object["permutation_importance"]?["features"]?.array?.count == 3)
        #expect(object["calibration"] == .null)
    }

    @Test(arguments: ["platt", "isotonic"])
    func tellsOfTheCalibration(method: String) throws {
        let program = try Self.program()
        let options = ["--calibration", method]
        let outcome = try program.run(Self.naiveBayes + options)
        #expect(outcome.output.contains("\ncalibrated by \(method) on 64 of the training rows, "))
        let told = try program.run(Self.naiveBayes + options + ["--json"])
        let object = try JSONValue(parsing: told.output)
        #expect(object["calibration"]?["method"]?.string == method)
        #expect(object["calibration"]?["rows"]?.integer == 64)
        if method == "platt" {
            #expect(try #require(object["calibration"]?["slope"]?.number) > 0)
        } else {
            #expect(try #require(object["calibration"]?["points"]?.integer) > 1)
        }
        #expect(object["costs"] == .null)
        #expect(object["permutation_importance"] == .null)
    }

    @Test func namesAnAnomalyScoreAndItsPathLength() throws {
        let program = try Self.program()
        let outcome = try program.run(
            Self.fit + ["--ignore", "label", "--model", "isolation-forest"])
        #expect(outcome.output.contains("isolation-forest, an anomaly score: near 1 for outliers"))
        #expect(outcome.output.contains("\n  metric            train    test\n"))
        // Four digits.
        let line = try #require(
            outcome.output.split(separator: "\n").first { $0.contains(", mean path length ") })
        let words = line.split(separator: " ")
        let number = try #require(words.dropLast(2).last).dropLast()
        #expect(number.count { $0.isNumber } == 4)
    }

    @Test func writesLargeObjectivesInFourDigits() throws {
        let program = try Program()
        let rows = (0..<60).map { "\($0),\(($0 * 37 % 60) * 100_000_000)\n" }
        try program.write("x,y\n" + rows.joined(), to: "a.csv")
        let outcome = try program.run(
            Self.fit + ["--number", "x", "--target", "y", "--model", "linear"])
        let pattern = /, penalised squared error \d\.\d{3}e\d\d,/
        #expect(outcome.output.contains(pattern), "\(outcome.output)")
    }

    @Test(
        arguments: [
            (["--model", "bosted-trees"], "did you mean 'boosted-trees'? There are logistic, "),
            (["--model", "zzzz"], "invalid for '--model <model>': There are logistic, "),
            (["--model", "logistic", "--holdout", "0"], "not more than 0 and less than 1"),
        ])
    func saysWhatThereIsInstead(options: [String], message: String) throws {
        let program = try Self.program()
        let outcome = try program.run(Self.fit + ["--target", "label"] + options)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }
}
