// SPDX-License-Identifier: Apache-2.0
import JSON
import Registry
import Testing

struct AutoCommandTests {
    private static let fit = [
        "fit", "--data", "@/a.csv", "--target", "label", "--name", "a", "--registry",
        "@/r.registry",
    ]
    private static let auto = fit + ["--model", "auto", "--budget", "2"]

    private static func program() throws -> Program {
        try Program.withTable(rows: 300, features: 3)
    }

    /// The flags that ask for a family as a search has recorded it.
    private static func flags(_ candidate: JSONValue) throws -> [String] {
        var flags = ["--model", try #require(candidate["model"]?.string)]
        guard case .object(let settings) = candidate["settings"] else { return flags }
        for member in settings where member.value != "auto" {
            let flag = "--" + member.name.map { $0 == "_" ? "-" : String($0) }.joined()
            switch member.value {
            // By default they are on.
            case .boolean(let isOn): #expect(isOn)
            case .string(let text): flags.append("\(flag)=\(text)")
            case .array(let values):
                flags.append("\(flag)=" + values.map(\.text).joined(separator: ","))
            // A number may be negative, which is no word of its own.
            default: flags.append("\(flag)=\(member.value.text)")
            }
        }
        return flags
    }

    /// How long a candidate takes depends on the machine, and so which wins; not what it then is.
    @Test(arguments: [[], ["--class-weight", "balanced", "--calibration", "platt"]])
    func givesTheBytesOfTheFamilyItChooses(options: [String]) throws {
        let program = try Self.program()
        let shared = ["--seed", "3", "--cross-validation", "3", "--json"]
        let found = try program.run(
            Self.auto + options + shared + ["--threads", "2", "--artifact", "@/1.safetensors"])
        #expect(found.errors == "")
        let object = try JSONValue(parsing: found.output)
        let search = try #require(object["search"])
        #expect(search["budget"]?.number == 2)
        #expect(search["folds"]?.integer == 3)
        #expect(search["metric"]?.string == "log_loss")
        let candidates = try #require(search["candidates"]?.array)
        #expect(candidates.count == 22)
        let chosen = try #require(candidates.first { $0["chosen"] == true })
        #expect(candidates.count { $0["chosen"] == true } == 1)
        let means = candidates.compactMap { $0["mean"]?.number }
        #expect(chosen["mean"]?.number == means.min())
        #expect(chosen["mean"] == object["cross_validation"]?["log_loss"]?["mean"])
        #expect(object["kind"] == chosen["model"])

        let asked = try program.run(
            Self.fit + Self.flags(chosen) + shared
                + ["--threads", "1", "--artifact", "@/2.safetensors"])
        #expect(asked.errors == "")
        #expect(try program.read("1.safetensors") == program.read("2.safetensors"))
        #expect(try JSONValue(parsing: asked.output)["search"] == .null)

        let registry = try Registry(path: "\(program.folder)/r.registry", mode: .readOnly)
        let versions = try registry.snapshot().versions
        #expect(versions.count == 1)
        let lineage = try JSONValue(parsing: try #require(versions.first).lineage)
        #expect(lineage["settings"]?["model"] == chosen["model"])
        #expect(lineage["search"]?["candidates"]?.array?.count == 22)
        #expect(lineage["argv"]?.array?.contains("auto") == true)
    }

    @Test func saysWhatItTried() throws {
        let program = try Self.program()
        let outcome = try program.run(Self.auto.map { $0 == "label" ? "x1" : $0 })
        #expect(outcome.errors == "")
        #expect(outcome.output.contains(" of 21 candidates tried by 5 folds"))
        #expect(outcome.output.contains("; lower rmse is better\n"))
        #expect(outcome.output.contains("  linear"))
        #expect(outcome.output.contains(", chosen\n"))
    }

    @Test func readsTexts() throws {
        let program = try Program()
        let rows = (0..<40).map { index in
            index.isMultiple(of: 2) ? "spam,win cash now,\(index)" : "ham,see you then,\(index)"
        }
        try program.write(
            (["label,message,length"] + rows).joined(separator: "\n") + "\n", to: "a.csv")
        let outcome = try program.run(Self.auto + ["--text", "message", "--json"])
        #expect(outcome.errors == "")
        let object = try JSONValue(parsing: outcome.output)
        #expect(object["search"]?["candidates"]?.array?.first?["model"]?.string == "text")
        #expect(object["kind"]?.string == "text")
        #expect(object["metrics"]?["test"]?["accuracy"]?.number == 1)
        let refused = try program.run(
            Self.auto.map { $0 == "label" ? "length" : $0 }
                + ["--text", "message", "--task", "regression"])
        #expect(refused.status == 65)
        #expect(refused.errors.contains("no family predicts numbers from texts"))
    }

    @Test(
        arguments: [
            (auto + ["--num-leaves", "31"], "--num-leaves: --model auto sets hyper-parameters"),
            (auto + ["--C=1"], "--C: --model auto"), (auto + ["--no-refit"], "--no-refit: "),
            (auto + ["--objective", "poisson"], "--objective: "),
            (auto + ["--hidden-layer-sizes", "8"], "--hidden-layer-sizes: "),
            (auto + ["--n-clusters", "3"], "--n-clusters: "),
            (auto + ["--budget", "0"], "--budget 0.0 is not a positive number"),
            (auto + ["--budget", "inf"], "--budget inf is not a positive number"),
            (
                fit + ["--model", "logistic", "--budget", "5"],
                "--budget has no effect on --model logistic"
            ),
            (
                ["fit", "--data", "@/a.csv", "--model", "auto", "--name", "a"]
                    + ["--registry", "@/r.registry"], "--target"
            ),
            (auto + ["--task", "regression", "--class-weight", "balanced"], "is for classes"),
        ] as [([String], String)])
    func refusesWhatItDoesNotTake(arguments: [String], message: String) throws {
        let program = try Self.program()
        let outcome = try program.run(arguments)
        #expect(outcome.status == 2)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }
}
