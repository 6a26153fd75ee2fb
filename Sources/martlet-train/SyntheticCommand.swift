// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Training

/// `martlet-train synthetic`: a data set to try everything with.
struct SyntheticCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synthetic",
        abstract: "Write a seeded two-class data set as CSV.",
        discussion: "The same counts and seed give the same file on every machine.")

    @Option(help: "How many rows.")
    var rows = 10_000

    @Option(help: "How many numbers in a row.")
    var features = 16

    @Option(help: "Which of the data sets.")
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Where to write; - is standard output.", valueName: "file"))
    var output: String

    func validate() throws {
        guard 1...100_000_000 ~= rows else {
            throw ValidationError("--rows \(rows) is not between 1 and 100000000")
        }
        guard 1...10_000 ~= features else {
            throw ValidationError("--features \(features) is not between 1 and 10000")
        }
        guard rows * features <= 200_000_000 else {
            throw ValidationError(
                "\(rows) rows of \(features) numbers are too many to make at once")
        }
    }

    func run() throws {
        let text = SyntheticTable(rowCount: rows, featureCount: features, seed: seed).text
        if output == "-" { return Console.write(text, to: .output) }
        try OutputFile.write(text, to: output)
        Console.write(
            "\(output): \(rows) rows of \(features) numbers, "
                + "target column '\(SyntheticTable.target)'\n")
    }
}
