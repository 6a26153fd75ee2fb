// SPDX-License-Identifier: Apache-2.0
import Glibc
import Registry
import Testing

/// `martlet models`, as scripts see it: exit status and output.
struct ModelsCommandTests {
    /// Runs `martlet models` with the fixture's registry.
    private func run(
        _ words: String, _ fixture: ServiceFixture
    ) throws -> (code: Int32, output: String) {
        let output = "\(fixture.folder)/output"
        unlink(output)
        let arguments = words.split(separator: " ").map(String.init)
        let process = try Process(
            ServiceFixture.program("martlet"),
            ["models"] + arguments + ["--registry", fixture.registryPath], output: output)
        let code = process.wait()
        return (code, String(decoding: try ServiceFixture.contents(output), as: UTF8.self))
    }

    private func fixture(versionCount: Int = 2) throws -> ServiceFixture {
        let fixture = try ServiceFixture()
        for version in 1...versionCount {
            try fixture.publish(
                intercept: Double(version), alias: version == 1 ? .production : nil)
        }
        return fixture
    }

    @Test(arguments: [
        ("list", 0, "production"),
        ("list m --json", 0, #""aliases":["production"]"#),
        ("list nobody", 1, "no model is named 'nobody'"),
        ("show m 2", 0, "version 2"),
        ("show m 3", 1, "model 'm' has no version 3"),
        ("show m canary", 1, "no alias 'canary'"),
        ("show m latest", 1, "'latest' cannot be an alias"),
        ("promote m 2 --expect 1", 0, "m@production is version 2"),
        ("promote m 2 --expect 2", 1, "points to version 1, not to version 2"),
        ("promote m 2 --expect 0", 1, "points to version 1, not to nothing"),
        ("promote m 2 --alias canary --expect 0 --json", 0, #""alias":"canary","version":2"#),
        ("promote m 9", 1, "has no version 9"),
        ("promote m two", 2, "'two' is invalid"),
        ("promote m", 2, "Missing expected argument '<version>'"),
        ("rollback m", 1, "has pointed to one version only"),
        ("rollback m --alias canary", 1, "no alias 'canary'"),
        ("history m --at 1970-01-01", 0, "m@production did not exist at 1970-01-01T00:00:00.000Z"),
        ("history m --at 2999-01-01 --json", 0, #""version":1"#),
        ("history m --at Tuesday", 2, "'Tuesday' is not a time"),
        ("verify", 0, "2 versions verified"),
        ("verify --json", 0, #"{"versions":2,"findings":[]}"#),
        ("export m 2", 2, "Missing expected argument '--output <output>'"),
        ("export m 2 --output /nowhere/file", 1, "/nowhere/file: No such file or directory"),
        ("backup", 2, "Missing expected argument '--output <output>'"),
        ("backup --output /nowhere/file", 1, "/nowhere/file: No such file or directory"),
        ("forget m", 2, "Usage: martlet models <subcommand>"),
    ])
    func answersAndExits(_ words: String, _ code: Int32, _ text: String) throws {
        let result = try run(words, try fixture())
        #expect(result.code == code, "\(result.output)")
        #expect(result.output.contains(text), "\(result.output)")
        #expect(!result.output.contains("Error:"))
    }

    @Test func saysThatThereIsNoRegistry() throws {
        let fixture = try ServiceFixture()
        for (words, code) in [("list", Int32(1)), ("promote m 1", 1), ("verify", 2)] {
            let result = try run(words, fixture)
            #expect(result.code == code)
            #expect(result.output.contains("there is no registry at \(fixture.registryPath)"))
            #expect(access(fixture.registryPath, F_OK) != 0)
        }
    }

    @Test func movesThereAndBack() throws {
        let fixture = try fixture(versionCount: 3)
        for (words, version) in [
            ("promote m 2", 2), ("promote m 3 --expect 2 --reason better", 3),
            ("rollback m --reason worse", 2),
        ] {
            #expect(try run(words, fixture).output.contains("m@production is version \(version)"))
        }
        let history = try run("history m --alias production", fixture).output
        let rows = history.split(separator: "\n").dropFirst().map {
            $0.split(separator: " ", omittingEmptySubsequences: true).dropFirst(2)
        }
        #expect(rows.map { $0.prefix(2).joined(separator: ">") } == ["3>2", "2>3", "1>2", "->1"])
        #expect(rows.first?.last == "worse")
        #expect(try run("verify", fixture).code == 0)
    }

    /// A rollback is a move: the second one brings back what the first one left, and both say so.
    @Test func tellsWhereASecondRollbackGoes() throws {
        let fixture = try fixture(versionCount: 3)
        for words in ["promote m 2", "promote m 3"] {
            #expect(try run(words, fixture).code == 0)
        }
        let first = try run("rollback m", fixture).output
        #expect(
            first == "m@production is version 2 again\na second rollback returns to version 3\n")
        let second = try run("rollback m --json", fixture).output
        #expect(second.contains(#""version":3,"before":2"#), "\(second)")
        #expect(try run("rollback --help", fixture).output.contains("a second one undoes it"))
    }

    @Test func exportsTheBytesOfTheDigest() throws {
        let fixture = try fixture()
        let file = "\(fixture.folder)/model.safetensors"
        let result = try run("export m production --output \(file)", fixture)
        #expect(result.code == 0)
        let digest = Digest(of: try ServiceFixture.contents(file))
        #expect(result.output == "\(digest)  \(file)\n")
        #expect(try run("export m 2 --output \(file)", fixture).code == 1)
        #expect(Digest(of: try ServiceFixture.contents(file)) == digest)
    }

    @Test func backsUpAndRestores() throws {
        let fixture = try fixture()
        let (backup, restored) = ("\(fixture.folder)/backup", "\(fixture.folder)/restored")
        let result = try run("backup --output \(backup)", fixture)
        #expect(result.code == 0, "\(result.output)")
        #expect(result.output.contains("2 versions, "))
        #expect(result.output.contains("audit row 3: sha256:"))
        let again = try run("backup --output \(backup)", fixture)
        #expect(again.code == 1)
        #expect(again.output.contains("cannot write a backup to \(backup): \(backup) exists"))
        let copy = try Registry(path: backup, mode: .readOnly).backup(to: restored)
        #expect(copy.versionCount == 2)
        let versions = try Registry(path: restored, mode: .readOnly).snapshot().versions
        #expect(
            try versions
                == Registry(path: fixture.registryPath, mode: .readOnly)
                .snapshot().versions)
    }

    /// A version goes to another registry with its bytes and the record of its training.
    @Test func importsWhatAnotherRegistryExported() throws {
        let (staging, production) = (try fixture(), try ServiceFixture())
        let file = "\(production.folder)/model.safetensors"
        #expect(try run("export m 2 --output \(file)", staging).code == 0)
        let digest = Digest(of: try ServiceFixture.contents(file))
        let words = "import \(file) --name n"
        #expect(
            try run("\(words) --alias production", production).output.hasPrefix(
                "n version 1 registered, now 'production'\n\(digest)\n"))
        let again = try run("\(words) --format martlet --json", production)
        #expect(again.output.contains(#""imported":{"format":"martlet"}"#), "\(again.output)")
        #expect(again.output.contains(#""new":false"#))
        #expect(try run("verify", production).output == "1 versions verified\n")
        let labelled = try run("\(words) --labels a,b", production)
        #expect(labelled.code == 1)
        #expect(labelled.output.contains("has its own and keeps them"), "\(labelled.output)")
    }

    @Test func refusesAnArtifactThatIsNotAsItWas() throws {
        let fixture = try fixture(versionCount: 1)
        let file = "\(fixture.folder)/model.safetensors"
        #expect(try run("export m 1 --output \(file)", fixture).code == 0)
        let bytes = try ServiceFixture.contents(file)
        // Of the intercept or a weight, so that the model is sound but answers otherwise.
        var changed = bytes
        for index in bytes.indices.suffix(8 * 33) where index % 8 == 6 { changed[index] ^= 8 }
        for (wrong, words) in [
            (changed, "golden row 0: "), (Array(bytes.prefix(100)), "the file ends inside header"),
        ] {
            let path = try fixture.write(wrong, "wrong.safetensors")
            let result = try run("import \(path) --name n", fixture)
            #expect(result.code == 1)
            #expect(result.output.contains(words), "\(result.output)")
        }
        #expect(try run("list n", fixture).code == 1)
    }

    /// Of a training run, of an imported file, of neither.
    @Test func listsKindsAndMetrics() throws {
        let fixture = try fixture(versionCount: 1)
        let registry = try Registry(path: fixture.registryPath, mode: .readWrite)
        let lineages = [
            #"{"settings":{"model":"forest"},"metrics":{"test":{"rows":5,"auc":0.87654321}}}"#,
            #"{"imported":{"format":"xgboost"}}"#,
            #"{"imported":{"format":"martlet"},"training":{"model":"logistic","metrics":{"test":{"f1":null,"brier":0.5}}}}"#,
            "not JSON",
        ]
        for (index, lineage) in lineages.enumerated() {
            _ = try registry.publish(
                VersionDraft(
                    model: try ModelName("m"), artifact: [UInt8(index)], lineage: lineage,
                    actor: "test"))
        }
        let lines = try run("list m", fixture).output.split(separator: "\n").map {
            $0.split(separator: " ").map { String($0) }
        }
        #expect(lines[0][3...5] == ["KIND", "TEST", "METRIC"])
        // Without an alias a version's kind is the third word.
        #expect(lines[2][2...4] == ["forest", "auc", "0.8765"])
        #expect(lines[3][2...3] == ["xgboost", "-"])
        #expect(lines[4][2...4] == ["logistic", "brier", "0.5"])
        #expect(lines[5][2...3] == ["-", "-"])
        let json = try run("list m --json", fixture).output
        #expect(json.contains(#""kind":"forest","metric":{"name":"auc","test":0.87654321}"#))
        #expect(json.contains(#""kind":null,"metric":null"#))
    }

    /// One bit of the artifact's bytes, behind SQLite's back.
    @Test func findsABitThatFlipped() throws {
        let fixture = try fixture(versionCount: 1)
        let registry = try Registry(path: fixture.registryPath, mode: .readOnly)
        let artifact = try registry.artifact(1, of: ModelName("m"))
        var file = try ServiceFixture.contents(fixture.registryPath)
        let start = try #require(
            file.indices.first { file[$0...].starts(with: artifact.prefix(64)) })
        file[start + 40] ^= 1
        try overwrite(fixture.registryPath, file)
        let verified = try run("verify", fixture)
        #expect(verified.code == 1)
        #expect(verified.output.contains("the bytes have another digest"))
        let exported = try run("export m 1 --output \(fixture.folder)/copy", fixture)
        #expect(exported.code == 1)
        #expect(exported.output.contains("is not what was published"))
        #expect(access("\(fixture.folder)/copy", F_OK) != 0)
    }

    /// The registry takes any bytes; that they are a model whose golden rows hold, verify says.
    @Test func findsAnArtifactThatIsNoModel() throws {
        let fixture = try fixture(versionCount: 1)
        _ = try Registry(path: fixture.registryPath, mode: .readWrite).publish(
            VersionDraft(
                model: try ModelName("m"), artifact: [1, 2, 3], lineage: "{}", actor: "test"))
        let result = try run("verify", fixture)
        #expect(result.code == 1)
        #expect(result.output.contains("m version 2: "))
    }

    private func overwrite(_ path: String, _ bytes: [UInt8]) throws {
        let descriptor = open(path, O_WRONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(write(descriptor, bytes, bytes.count) == bytes.count)
    }
}
