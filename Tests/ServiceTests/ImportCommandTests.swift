// SPDX-License-Identifier: Apache-2.0
import Glibc
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

    private func run(
        _ words: [String], _ fixture: ServiceFixture
    ) throws -> (code: Int32, output: String) {
        let output = "\(fixture.folder)/output"
        unlink(output)
        let process = try Process(
            ServiceFixture.program("martlet"),
            words + ["--registry", fixture.registryPath], output: output)
        let code = process.wait()
        return (code, String(decoding: try ServiceFixture.contents(output), as: UTF8.self))
    }

    private func write(_ text: String, _ name: String, _ fixture: ServiceFixture) throws -> String {
        let path = "\(fixture.folder)/\(name)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        return path
    }

    private func importing(
        _ text: String, _ more: [String] = [], _ fixture: ServiceFixture
    ) throws -> (code: Int32, output: String) {
        let file = try write(text, "model.txt", fixture)
        return try run(["models", "import", file, "--name", "m"] + more, fixture)
    }

    @Test func importsAndScores() throws {
        let fixture = try ServiceFixture()
        let imported = try importing(Self.model, ["--alias", "production"], fixture)
        #expect(imported.code == 0, "\(imported.output)")
        #expect(imported.output.hasPrefix("m version 1, m@production  sha256:"))
        // Any order of columns, others between them, cells that are empty, quoted, infinite.
        let rows = try write(
            "id,colour,x\n1,amber,1.5\n2,\"blue, or so\",-inf\n3,never-seen,0\n4,,\n5,cyan,inf\n",
            "rows.csv", fixture)
        let scores = "\(fixture.folder)/scores.csv"
        let words = ["predict", "--model", "m", "--input", rows, "--output", scores, "--raw"]
        let scored = try run(words, fixture)
        #expect(scored.code == 0, "\(scored.output)")
        let text = String(decoding: try ServiceFixture.contents(scores), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.first == "raw_0,prediction_0")
        let cells = lines.dropFirst().map { $0.split(separator: ",").compactMap { Double($0) } }
        #expect(cells.map { $0.first } == [-1, 0.25, 0.25, 0.25, 0])
        #expect(cells.map { $0.last } == [-1, 0.25, 0.25, 0.25, 0].map { 1 / (1 + exp(-$0)) })
        #expect(try run(["models", "verify"], fixture).code == 0)
    }

    /// The same file gives the same bytes, and so no other version.
    @Test func importsTheSameFileOnce() throws {
        let fixture = try ServiceFixture()
        #expect(try importing(Self.model, ["--json"], fixture).output.contains(#""new":true"#))
        let again = try importing(Self.model, ["--format", "lightgbm", "--json"], fixture)
        #expect(again.output.contains(#""version":1,"#))
        #expect(again.output.contains(#""new":false"#))
    }

    @Test(arguments: [
        ("tree", "wood", [], 1, "is neither LightGBM text"),
        ("binary sigmoid:1", "mystery", [], 1, "not supported: objective 'mystery'"),
        ("end of trees", "", [], 1, "model.txt: the file ends inside tree 0"),
        ("tree", "tree", ["--format", "catboost"], 1, "at byte 0"),
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
        ("x,colour\n1,\"amber\n", "line 2: the quote that opens here is never closed"),
        ("", "no column 'x'"),
    ])
    func saysWhereTheRowsAreWrong(_ rows: String, _ words: String) throws {
        let fixture = try ServiceFixture()
        #expect(try importing(Self.model, [], fixture).code == 0)
        let scores = "\(fixture.folder)/scores.csv"
        let result = try run(
            [
                "predict", "--model", "m@1", "--input", try write(rows, "rows.csv", fixture),
                "--output", scores,
            ], fixture)
        #expect(result.code == 1)
        #expect(result.output.contains(words), "\(result.output)")
        #expect(access(scores, F_OK) != 0)
    }
}
