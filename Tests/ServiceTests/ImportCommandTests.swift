// SPDX-License-Identifier: Apache-2.0
import Glibc
import Models
import Registry
import Testing

/// `martlet models import` and `martlet predict`, as scripts see them.
struct ImportCommandTests {
    /// One tree over a number and a category: 1, 2 or 4 behind a logistic function.
    private static let model = """
        tree
        version=v4
        num_class=1
        num_tree_per_iteration=1
        max_feature_idx=1
        objective=binary sigmoid:1
        feature_names=x colour
        feature_infos=[0:9] 0:1:2

        Tree=0
        num_leaves=3
        num_cat=1
        split_feature=0 1
        threshold=1.5 0
        decision_type=10 1
        left_child=1 -1
        right_child=-2 -3
        leaf_value=-1 0 0.25
        leaf_count=5 6 7
        internal_count=18 12
        cat_boundaries=0 1
        cat_threshold=5

        end of trees

        parameters:
        end of parameters

        pandas_categorical:[["amber", "blue, or so", "cyan"]]

        """

    private func write(_ text: String, _ name: String, _ fixture: ServiceFixture) throws -> String {
        try fixture.write(Array(text.utf8), name)
    }

    private func importing(
        _ text: String, _ more: [String] = [], _ fixture: ServiceFixture
    ) throws -> (code: Int32, output: String) {
        let file = try write(text, "model.txt", fixture)
        return try fixture.run(["models", "import", file, "--name", "m"] + more)
    }

    @Test func importsAndScores() throws {
        let fixture = try ServiceFixture()
        let imported = try importing(Self.model, ["--alias", "production"], fixture)
        #expect(imported.code == 0, "\(imported.output)")
        #expect(imported.output.hasPrefix("m version 1 registered, now 'production'\nsha256:"))
        // Any order of columns, others between them, cells that are empty, quoted, infinite.
        let rows = try write(
            "id,colour,x\n1,amber,1.5\n2,\"blue, or so\",-inf\n3,never-seen,0\n4,,\n5,cyan,inf\n",
            "rows.csv", fixture)
        let scores = "\(fixture.folder)/scores.csv"
        let words = ["predict", "--model", "m", "--input", rows, "--output", scores, "--raw"]
        let scored = try fixture.run(words)
        #expect(scored.code == 0, "\(scored.output)")
        let text = String(decoding: try ServiceFixture.contents(scores), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.first == "raw_0,prediction_0")
        let cells = lines.dropFirst().map { $0.split(separator: ",").compactMap { Double($0) } }
        #expect(cells.map { $0.first } == [-1, 0.25, 0.25, 0.25, 0])
        #expect(cells.map { $0.last } == [-1, 0.25, 0.25, 0.25, 0].map { 1 / (1 + exp(-$0)) })
        #expect(try fixture.run(["models", "verify"]).code == 0)
    }

    /// The same file gives the same bytes, and so no other version.
    @Test func importsTheSameFileOnce() throws {
        let fixture = try ServiceFixture()
        #expect(try importing(Self.model, ["--json"], fixture).output.contains(#""new":true"#))
        let again = try importing(Self.model, ["--format", "lightgbm", "--json"], fixture)
        #expect(again.output.contains(#""version":1,"#))
        #expect(again.output.contains(#""new":false"#))
        let told = try importing(Self.model, [], fixture).output
        #expect(told.hasPrefix("m version 1 was registered before, byte for byte\nsha256:"))
        let next = "next: martlet models promote m 1 --registry \(fixture.registryPath)\n"
        #expect(told.hasSuffix(next), "\(told)")
    }

    /// The file calls them 0 and 1; the server and `show` call them as the user does.
    @Test func namesTheLabels() throws {
        let fixture = try ServiceFixture()
        #expect(try importing(Self.model, ["--labels", "stays,goes"], fixture).code == 0)
        let registry = try Registry(path: fixture.registryPath, mode: .readOnly)
        let model = try Model(artifact: try registry.artifact(1, of: try ModelName("m")))
        #expect(model.output.labels == ["stays", "goes"])
        #expect(throws: Never.self) { try model.verifyGoldenRows() }
        // Other answers are another version.
        let plain = try importing(Self.model, [], fixture)
        #expect(plain.output.hasPrefix("m version 2 registered\n"))
    }

    @Test(arguments: [
        ("binary sigmoid:1", "a", "labels: 1 names for 2 labels"),
        ("binary sigmoid:1", "a,b,c", "labels: 3 names for 2 labels"),
        ("binary sigmoid:1", "a,a", "labels: a name occurs twice"),
        ("regression", "a,b", "labels: the model predicts no label"),
    ])
    func refusesLabels(_ objective: String, _ labels: String, _ words: String) throws {
        let fixture = try ServiceFixture()
        let model = Self.model.replacing("binary sigmoid:1", with: objective)
        let result = try importing(model, ["--labels", labels], fixture)
        #expect(result.code == 1)
        #expect(result.output.contains("model.txt: \(words)"), "\(result.output)")
        #expect(access(fixture.registryPath, F_OK) != 0)
    }

    @Test(arguments: [
        ("tree", "wood", [], 1, "is neither LightGBM text"),
        ("binary sigmoid:1", "mystery", [], 1, "not supported: objective 'mystery'"),
        ("end of trees", "", [], 1, "model.txt: the file ends inside tree 0"),
        ("tree", "tree", ["--format", "catboost"], 1, "at byte 2"),
        ("tree", "tree", ["--format", "pickle"], 2, "'pickle' is invalid"),
        ("tree", "tree", ["--alias", "latest"], 1, "'latest' cannot be an alias"),
    ])
    func refuses(
        _ old: String, _ new: String, _ more: [String], _ code: Int32, _ words: String
    ) throws {
        let fixture = try ServiceFixture()
        let result = try importing(Self.model.replacing(old, with: new), more, fixture)
        #expect(result.code == code)
        #expect(result.output.contains(words), "\(result.output)")
        #expect(access(fixture.registryPath, F_OK) != 0)
    }

    @Test(arguments: [
        ("x\n1\n", "no column 'colour'"), ("x,colour,x\n1,a,2\n", "two columns 'x'"),
        ("x,colour\n1,amber\n2\n", "line 3: 1 fields where 2 are expected"),
        ("x,colour\n\n1e3,a\n0x1,a\n", "line 4: column 'x': '0x1' is not a number"),
        ("x,colour\n1\0,a\n", "line 2: column 'x': '1\0' is not a number"),
        ("x,colour\nnan(1),a\n", "line 2: column 'x': 'nan(1)' is not a number"),
        ("x,colour\n1-2,a\n", "line 2: column 'x': '1-2' is not a number"),
        ("x,colour\nn/a,a\n", "line 2: column 'x': 'n/a' is not a number"),
        ("x,colour\n1,\"amber\n", "line 2: the quote that opens here is never closed"),
        ("", "rows.csv: the file is empty"),
    ])
    func saysWhereTheRowsAreWrong(_ rows: String, _ words: String) throws {
        let fixture = try ServiceFixture()
        #expect(try importing(Self.model, [], fixture).code == 0)
        let scores = "\(fixture.folder)/scores.csv"
        let result = try fixture.run([
            "predict", "--model", "m@1", "--input", try write(rows, "rows.csv", fixture),
            "--output", scores,
        ])
        #expect(result.code == 1)
        #expect(result.output.contains(words), "\(result.output)")
        #expect(access(scores, F_OK) != 0)
    }

    /// A version that nobody has put in production yet can be asked as it was imported.
    @Test func takesProductionAndElseTheNewestVersion() throws {
        let fixture = try ServiceFixture()
        let rows = try write("x,colour\n0,amber\n", "rows.csv", fixture)
        let scores = "\(fixture.folder)/scores.csv"
        func score(_ model: String) throws -> (said: String, value: String) {
            let words = ["predict", "--model", model, "--input", rows, "--output", scores, "--raw"]
            let result = try fixture.run(words)
            #expect(result.code == 0, "\(result.output)")
            let text = String(decoding: try ServiceFixture.contents(scores), as: UTF8.self)
            let line = try #require(text.split(separator: "\n").last)
            return (result.output, String(try #require(line.split(separator: ",").first)))
        }
        #expect(try importing(Self.model, [], fixture).code == 0)
        let other = Self.model.replacing("leaf_value=-1", with: "leaf_value=-2")
        #expect(try importing(other, [], fixture).output.hasPrefix("m version 2 registered\n"))
        let newest = try score("m")
        #expect(newest.value == "-2.0")
        #expect(newest.said.contains("m: none in production; the newest version, 2\n"))
        #expect(try fixture.run(["models", "promote", "m", "1"]).code == 0)
        let production = try score("m")
        #expect(production.value == "-1.0")
        #expect(production.said.isEmpty)
        #expect(try score("m@2").value == "-2.0")
        let unknown = try fixture.run(
            ["predict", "--model", "n", "--input", rows, "--output", scores])
        #expect(unknown.code == 1)
        #expect(unknown.output.contains("no model is named 'n'"), "\(unknown.output)")
    }

    /// Blanks around a number do not count, and what `--missing` names is as an empty cell.
    @Test func readsCellsAsTablesWriteThem() throws {
        let fixture = try ServiceFixture()
        #expect(
            try importing(
                Self.model.replacing("decision_type=10", with: "decision_type=8"), [], fixture
            ).code == 0)
        let cells = [
            (" 1.5\t", "-1.0"), ("+1.", "-1.0"), (".5e1", "0.0"), ("Infinity", "0.0"),
            ("-inf", "-1.0"),
            ("NaN", "0.0"), ("", "0.0"), ("  ", "0.0"), ("none", "0.0"), ("-", "0.0"),
            ("1e400", "0.0"),
        ]
        let text = "x,colour\n" + cells.map { "\($0.0),amber\n" }.joined()
        let scores = "\(fixture.folder)/scores.csv"
        let result = try fixture.run([
            "predict", "--model", "m@1", "--input", try write(text, "rows.csv", fixture),
            "--output", scores, "--raw", "--missing", "none", "--missing", "-",
        ])
        #expect(result.code == 0, "\(result.output)")
        let lines = String(decoding: try ServiceFixture.contents(scores), as: UTF8.self)
            .split(separator: "\n").dropFirst()
        let found = lines.map { $0.split(separator: ",").first.map { String($0) } }
        #expect(found == cells.map { $0.1 })
    }

    /// A full disk is told; a link's file is written, and the link stays one; the input may be
    /// replaced by its scores.
    @Test func writesWhereItIsTold() throws {
        let fixture = try ServiceFixture()
        #expect(try importing(Self.model, [], fixture).code == 0)
        let rows = try write("x,colour\n0,amber\n", "rows.csv", fixture)
        func score(to output: String) throws -> (code: Int32, output: String) {
            try fixture.run(["predict", "--model", "m@1", "--input", rows, "--output", output])
        }
        let full = try score(to: "/dev/full")
        #expect(full.code == 1)
        #expect(full.output.contains("/dev/full: No space left on device"), "\(full.output)")
        let link = "\(fixture.folder)/link.csv"
        #expect(symlink("target.csv", link) == 0)
        #expect(try score(to: link).code == 0)
        var status = stat()
        #expect(lstat(link, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
        #expect(try score(to: rows).code == 0)
        let expected = try ServiceFixture.contents("\(fixture.folder)/target.csv")
        #expect(expected.starts(with: Array("prediction_0\n".utf8)))
        #expect(try ServiceFixture.contents(rows) == expected)
    }
}
