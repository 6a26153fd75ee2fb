// SPDX-License-Identifier: Apache-2.0
import JSON
import Registry
import Testing

struct FitCommandTests {
    private static let fit = [
        "fit", "--data", "@/a.csv", "--target", "label", "--model", "logistic", "--name", "a",
        "--registry", "@/r.registry",
    ]

    private static func program() throws -> Program {
        try Program.withTable(rows: 400, features: 3)
    }

    @Test func registersAVersionAndPrintsOneObject() throws {
        let program = try Self.program()
        let outcome = try program.run(Self.fit + ["--alias", "production", "--json"])
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        #expect(outcome.output.count { $0 == "\n" } == 1)
        let object = try JSONValue(parsing: outcome.output)
        #expect(object["model"]?.string == "a")
        #expect(object["version"]?.integer == 1)
        #expect(object["alias"]?.string == "production")
        #expect(object["metrics"]?["train"]?["rows"]?.integer == 320)
        let area = try #require(object["metrics"]?["test"]?["roc_auc"]?.number)
        #expect(area > 0.8)
        let registry = try Registry(path: "\(program.folder)/r.registry", mode: .readOnly)
        let snapshot = try registry.snapshot()
        #expect(snapshot.aliases.map(\.alias) == ["production"])
        let version = try #require(snapshot.versions.first)
        #expect(version.digest.description == object["digest"]?.string)
        let lineage = try JSONValue(parsing: version.lineage)
        #expect(lineage["argv"]?.array?.contains("--registry") == true)
        #expect(lineage["directory"]?.string?.hasPrefix("/") == true)
        #expect(lineage["settings"]?["seed"]?.string == "1")
        let data = try #require(lineage["data"]?.array?.first)
        #expect(data["digest"]?.string == Digest(of: try program.read("a.csv")).description)
    }

    @Test func registersTheSameBytesOnce() throws {
        let program = try Self.program()
        let first = try program.run(Self.fit + ["--artifact", "@/1.safetensors"])
        #expect(first.output.contains("a version 1 registered\n"))
        #expect(first.output.contains("next: martlet models promote a 1 --registry "))
        let second = try program.run(Self.fit + ["--artifact", "@/2.safetensors"])
        #expect(second.output.contains("a version 1 was registered before, byte for byte\n"))
        #expect(try program.read("1.safetensors") == program.read("2.safetensors"))
        let other = try program.run(Self.fit + ["--seed", "2"])
        #expect(other.output.contains("a version 2 registered\n"))
    }

    /// Each family, with what it alone can be told, into an artifact that the program accepts.
    @Test(
        arguments: [
            (
                ["--model", "logistic", "--l1-ratio", "0.5", "--class-weight", "balanced"],
                "l1_ratio"
            ),
            (["--model", "naive-bayes", "--calibration", "platt"], "calibration"),
            (["--model", "mlp", "--hidden-layer-sizes", "8", "--max-iter", "3"], "batch_size"),
            (["--model", "naive-bayes", "--cross-validation", "3"], "folds"),
            (["--model", "naive-bayes", "--cost-false-negative", "3"], "cost_false_negative"),
        ] as [([String], String)])
    func fitsEachFamily(options: [String], setting: String) throws {
        let program = try Self.program()
        let outcome = try program.run(
            Self.fit + options + ["--json", "--alias", "production", "--permutation-repeats", "5"])
        #expect(outcome.errors == "")
        let object = try JSONValue(parsing: outcome.output)
        let bounds = object["metrics"]?["test_intervals"]?["roc_auc"]?.array
        #expect(bounds?.count == 2)
        let registry = try Registry(path: "\(program.folder)/r.registry", mode: .readOnly)
        let version = try #require(try registry.snapshot().versions.first)
        let lineage = try JSONValue(parsing: version.lineage)
        #expect(lineage["settings"]?[setting] != nil)
        #expect(lineage["settings"]?["model"]?.string == options[1])
    }

    /// Each objective has a name among the settings, beside the loss that was reached: an artifact
    /// with one name for both was published, and no server could read it.
    @Test(arguments: ["regression", "regression_l1", "quantile", "poisson"])
    func readsBackWhatEachObjectiveMakes(objective: String) throws {
        let program = try Self.program()
        let lines = (0..<120).map { "\($0 % 13),\($0 % 7 + $0 % 3)" }
        try program.write("x,y\n\(lines.joined(separator: "\n"))\n", to: "counts.csv")
        let outcome = try program.run([
            "fit", "--data", "@/counts.csv", "--target", "y", "--model", "boosted-trees",
            "--objective", objective, "--num-iterations", "3", "--min-data-in-leaf", "5",
            "--name", "counts", "--registry", "@/r.registry", "--artifact", "@/counts.safetensors",
            "--json",
        ])
        #expect(outcome.errors == "")
        #expect(outcome.status == 0)
    }

    @Test func findsClustersWithoutATarget() throws {
        let program = try Self.program()
        let outcome = try program.run([
            "fit", "--data", "@/a.csv", "--ignore", "label", "--model", "k-means", "--n-clusters",
            "3", "--name", "a", "--registry", "@/r.registry", "--json",
        ])
        #expect(outcome.errors == "")
        let metrics = try JSONValue(parsing: outcome.output)["metrics"]?["test"]
        #expect(metrics?["rows"]?.integer == 80)
        #expect(try #require(metrics?["silhouette"]?.number) > 0)
    }

    @Test(
        arguments: [
            (2, [], "Missing expected argument '--data <file>'"),
            (2, fit + ["--model", "forest"], "The value 'forest' is invalid"),
            (2, fit + ["--holdout", "1"], "--holdout 1.0 is not more than 0 and less than 1"),
            (2, fit + ["--C", "1e308"], "--C 1e+308 is more than"),
            (2, fit + ["--C", "0"], "--C 0.0 is not a positive number"),
            (2, fit + ["--l1-ratio", "2"], "--l1-ratio 2.0 is not between 0 and 1"),
            (2, fit + ["--num-leaves", "7"], "--num-leaves has no effect on --model logistic"),
            (2, fit + ["--alpha=3"], "--alpha has no effect on --model logistic"),
            (
                2, fit + ["--model", "random-forest", "--monotone-constraint", "x1=1"],
                "--monotone-constraint has no effect on --model random-forest"
            ),
            (2, fit + ["--model", "k-means"], "--model k-means learns without --target"),
            (2, fit + ["--task", "regression"], "--task: logistic has one task"),
            (2, fit + ["--group", "x1"], "--group and --time are for --cross-validation"),
            (2, fit + ["--permutation-repeats", "2"], "neither 0 nor between 5 and 1000"),
            (2, fit + ["--model", "mlp", "--hidden-layer-sizes", "8,0"], "not positive numbers"),
            (2, fit + ["--alias", "v1"], "'v1' cannot be an alias"),
            (2, fit + ["--ignore", "label"], "column 'label' is the target"),
            (2, fit + ["--delimiter", "ab"], "--delimiter 'ab' is not one ASCII character"),
            (65, fit + ["--target", "lable"], "no column 'lable'; did you mean 'label'?"),
            (65, fit + ["--data", "@/bad.csv"], "bad.csv, line 3: 1 fields where 2 are expected"),
            (65, fit + ["--number", "x9"], "no column 'x9'; did you mean 'x1'?"),
            (66, fit + ["--data", "@/nosuch.csv"], "nosuch.csv: No such file or directory"),
            (66, fit + ["--data", "@"], "Is a directory"),
            (73, fit + ["--registry", "@/no/such/folder"], "cannot write the registry"),
            (73, fit + ["--registry", "@/a.csv"], "file is not a database"),
        ] as [(Int32, [String], String)])
    func endsWithTheStatusOfItsFailure(
        status: Int32, arguments: [String], message: String
    ) throws {
        let program = try Self.program()
        try program.write("x,label\n1,a\n2\n", to: "bad.csv")
        let outcome = try program.run(arguments.isEmpty ? ["fit"] : arguments)
        #expect(outcome.status == status)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("martlet-train: "))
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }

    @Test func writesTheSameSyntheticFileAgain() throws {
        let program = try Self.program()
        let again = ["synthetic", "--rows", "400", "--features", "3", "--output", "@/b.csv"]
        #expect(try program.run(again).status == 0)
        #expect(try program.read("a.csv") == program.read("b.csv"))
        let failed = try program.run(["synthetic", "--output", "@/no/such/file"])
        #expect(failed.status == 73)
    }
}
