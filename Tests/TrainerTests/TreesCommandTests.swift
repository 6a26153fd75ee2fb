// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

struct TreesCommandTests {
    private static func program() throws -> Program {
        try Program.withTable(rows: 600, features: 4)
    }

    private static func fit(_ model: String, _ options: [String] = []) -> [String] {
        [
            "fit", "--data", "@/a.csv", "--model", model, "--name", "a", "--registry",
            "@/r.registry", "--json",
        ] + (model == "isolation-forest" ? [] : ["--target", "label"]) + options
    }

    @Test(
        arguments: [
            ("boosted-trees", ["--bagging-fraction", "0.7", "--bagging-freq", "1"]),
            ("boosted-trees", ["--early-stopping-round", "5"]),
            ("random-forest", ["--n-estimators", "20"]),
            ("extra-trees", ["--n-estimators", "20", "--max-features", "sqrt"]),
            ("isolation-forest", ["--n-estimators", "20"]),
        ] as [(String, [String])])
    func givesTheSameBytesForAnyNumberOfThreads(_ model: String, _ options: [String]) throws {
        let program = try Self.program()
        for threads in ["1", "2", "3"] {
            let outcome = try program.run(
                Self.fit(model, options)
                    + ["--threads", threads, "--artifact", "@/\(threads).safetensors"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let object = try JSONValue(parsing: outcome.output)
            #expect(object["version"]?.integer == 1)
            #expect(object["kind"]?.string == model)
            if model != "isolation-forest" {
                #expect(try #require(object["metrics"]?["test"]?["roc_auc"]?.number) > 0.75)
            }
        }
        let first = try program.read("1.safetensors")
        #expect(try program.read("2.safetensors") == first)
        #expect(try program.read("3.safetensors") == first)
    }

    @Test func learnsNumbersOfAColumnOfNumbers() throws {
        let program = try Self.program()
        let outcome = try program.run(
            Self.fit("boosted-trees", ["--objective", "quantile", "--quantile-alpha", "0.9"])
                .map { $0 == "label" ? "x1" : $0 })
        #expect(outcome.status == 0)
        let test = try JSONValue(parsing: outcome.output)["metrics"]?["test"]
        #expect(test?["mae"]?.number != nil)
        let inferred = try program.run(
            Self.fit("random-forest", ["--n-estimators", "5"])
                .map { $0 == "label" ? "x1" : $0 })
        #expect(try JSONValue(parsing: inferred.output)["metrics"]?["test"]?["r2"] != nil)
    }

    @Test(
        arguments: [
            (["--learning-rate", "0"], 2), (["--num-leaves", "1"], 2), (["--max-bin", "256"], 2),
            (["--bagging-fraction", "1.5"], 2), (["--threads", "0"], 2),
            (["--monotone-constraint", "x1"], 2), (["--monotone-constraint", "z=1"], 65),
            (["--objective", "poisson", "--target", "x1"], 65), (["--max-features", "2"], 2),
            (["--objective", "huber"], 2), (["--min-data-in-leaf", "9223372036854775807"], 2),
            (["--min-samples-leaf", "9223372036854775807"], 2), (["--bagging-fraction", "0"], 2),
            (["--scale-pos-weight", "1e308"], 2), (["--poisson-max-delta-step", "1e5"], 2),
            (["--monotone-constraint", "x1=1", "--monotone-constraint", "x1=-1"], 2),
            (["--objective", "regression", "--target", "x1", "--learning-rate", "1e308"], 65),
        ] as [([String], Int32)])
    func refusesWhatCannotBe(_ options: [String], _ status: Int32) throws {
        let program = try Self.program()
        let outcome = try program.run(Self.fit("boosted-trees", options))
        #expect(outcome.status == status)
        #expect(outcome.errors.hasPrefix("martlet-train: "))
    }
}
