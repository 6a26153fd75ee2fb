// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Registry
import Testing
import Zlib

/// How `martlet predict` reads what it scores: as `martlet-train fit` reads what it learns from.
struct PredictCommandTests {
    /// A number `x` that adds itself, or 100 if missing, and a category: 10 for `blue`, 20 for
    /// `null`, 40 for any other, 80 for a missing one.
    private static func publish(
        to fixture: ServiceFixture, training: JSONValue = .null
    ) throws {
        let colours = try #require(CategoryDictionary(values: ["blue", "null"]))
        let schema = try #require(
            FeatureSchema([
                Feature(name: "x", kind: .number),
                Feature(name: "colour", kind: .category(colours)),
            ]))
        let encoding = try #require(
            LinearEncoding(schema: schema, standardisations: [.init(mean: 0, scale: 1), nil]))
        let linear = try #require(
            LinearModel(encoding: encoding, weights: [1, 100, 10, 20, 40, 80], intercepts: [0]))
        let model = try #require(
            Model(
                schema: schema, kind: .linear(linear), output: .regression,
                goldenRecords: [[.integer(1), "blue"]], training: training))
        _ = try Registry(path: fixture.registryPath, mode: .create).publish(
            VersionDraft(
                model: try ModelName("m"), artifact: model.artifact, lineage: "{}", actor: "test",
                alias: .production))
    }

    /// Scores bytes; returns the numbers, or what was said instead.
    private static func score(
        _ bytes: [UInt8], _ fixture: ServiceFixture, as name: String = "rows.csv",
        words more: [String] = []
    ) throws -> (numbers: [Double], said: String) {
        let output = "\(fixture.folder)/scores.csv"
        let input = try fixture.write(bytes, name)
        let result = try fixture.run(
            ["predict", "--model", "m", "--input", input, "--output", output] + more)
        guard result.code == 0 else { return ([], result.output) }
        return (try numbers(output), result.output)
    }

    private static func numbers(_ path: String) throws -> [Double] {
        String(decoding: try ServiceFixture.contents(path), as: UTF8.self)
            .split(separator: "\n").dropFirst().compactMap { Double($0) }
    }

    /// Each token of `fit` alone; what is spelled like one but is a category of the model stays it.
    @Test func takesForMissingWhatFitTakes() throws {
        let fixture = try ServiceFixture()
        try Self.publish(to: fixture)
        let tokens = ["", "NA", "N/A", "NaN", "nan", "NULL", "?", " ? ", "  "]
        let text = "x,colour\n" + tokens.map { "\($0),\($0)\n" }.joined() + "null,null\n1,red\n"
        let scored = try Self.score(Array(text.utf8), fixture)
        #expect(scored.numbers == tokens.map { _ in 180 } + [120, 41], "\(scored.said)")
    }

    @Test func takesForMissingWhatTheVersionWasTrainedWith() throws {
        let fixture = try ServiceFixture()
        try Self.publish(to: fixture, training: ["missing": ["-999", "none"]])
        let rows = Array("x,colour\n-999,none\n-1,blue\n0,red\n".utf8)
        #expect(try Self.score(rows, fixture).numbers == [180, 9, 40])
        let more = try Self.score(rows, fixture, words: ["--missing", "red", "--missing", "blue"])
        #expect(more.numbers == [180, 79, 80], "\(more.said)")
    }

    @Test(arguments: [
        ("rows.csv", "x;colour\n1;blue\n2;a,b\n", []),
        ("rows.csv", "x|colour\n1|blue\n2|a,b\n", []),
        ("rows.csv", "other\tcolour\tx\n7\tblue\t1\n8\ta,b\t2\n", []),
        ("rows.tsv", "x\tcolour\n1\tblue\n2\t\"a\n", []),
        ("rows.csv", "x:colour\n1:blue\n2:a,b\n", ["--delimiter", ":"]),
        ("rows.csv", "1,blue\n2,red\n", ["--columns", "x,colour"]),
        ("rows.csv", "\u{FEFF} x ,\"colour\"\r\n1,blue\r\n2,red\r\n", []),
    ])
    func readsTheDialectsOfFit(_ name: String, _ text: String, _ more: [String]) throws {
        let fixture = try ServiceFixture()
        try Self.publish(to: fixture)
        let scored = try Self.score(Array(text.utf8), fixture, as: name, words: more)
        #expect(scored.numbers == [11, 42], "\(scored.said)")
    }

    @Test func readsGzipAndStandardInput() throws {
        let fixture = try ServiceFixture()
        try Self.publish(to: fixture)
        let gzip = try Gzip.compress(Array("x\tcolour\n1\tblue\n".utf8))
        #expect(try Self.score(gzip, fixture, as: "rows.tsv.gz").numbers == [11])
        let cut = try Self.score(Array(gzip.dropLast(3)), fixture, as: "cut.gz")
        #expect(cut.said.contains("cut.gz: damaged gzip: the stream is cut off"))

        let output = "\(fixture.folder)/piped.csv"
        let command =
            "\"$0\" predict --registry \"$1\" --model m --input - --output \"$2\" < \"$3\""
        let process = try Process(
            "/bin/sh",
            [
                "-c", command, ServiceFixture.program("martlet"), fixture.registryPath, output,
                "\(fixture.folder)/rows.tsv.gz",
            ])
        #expect(process.wait() == 0)
        #expect(try Self.numbers(output) == [11])
    }

    /// An ONNX input of many columns names none: they are taken in order, all of them.
    @Test func takesColumnsByPosition() throws {
        let fixture = try ServiceFixture()
        try Self.publish(to: fixture, training: ["imported": ["outputs": ["scores": "variable"]]])
        let headed = try Self.score(Array("a,b\n1,blue\n".utf8), fixture)
        #expect(headed.numbers == [11], "\(headed.said)")
        let headless = try Self.score(Array("1,blue\n".utf8), fixture, words: ["--no-header"])
        #expect(headless.numbers == [11], "\(headless.said)")
        let wide = try Self.score(Array("a,b,c\n1,blue,3\n".utf8), fixture)
        #expect(
            wide.said.contains("the model takes 2 columns by position, the file has 3"),
            "\(wide.said)")
    }

    @Test(arguments: [
        ("1,blue\n", [], "no column 'x' (is there no header? --no-header or --columns name"),
        ("a,b\n", [], "no column 'x'\n"),
        ("\n\n", [], "rows.csv: the file is empty"),
        ("x,colour\n1,a\n", ["--delimiter", "ab"], "'ab' is not one ASCII character"),
        ("1,a\n", ["--columns", ","], "--columns names no column"),
        ("1,a,2\n", ["--columns", "x,colour"], "line 1: 3 fields where 2 are expected"),
    ])
    func saysWhatIsWrongWithTheTable(
        _ text: String, _ more: [String], _ words: String
    ) throws {
        let fixture = try ServiceFixture()
        try Self.publish(to: fixture)
        let scored = try Self.score(Array(text.utf8), fixture, words: more)
        #expect(scored.numbers.isEmpty)
        #expect(scored.said.contains(words), "\(scored.said)")
    }
}
