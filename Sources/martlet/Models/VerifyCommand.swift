// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import JSON
import Models
import Registry

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the file, the digests, the audit chain and every version's golden rows.",
        discussion: "Exit status 0: all is well. 1: something is wrong. 2: it could not be checked."
    )

    @OptionGroup var options: RegistryOptions

    func run() throws {
        let (findings, count) = try examine()
        options.output(
            [
                "versions": .integer(count),
                "findings": .array(findings.map { .string($0) }),
            ]
        ) {
            for finding in findings { Console.line(finding) }
            Console.line(
                findings.isEmpty
                    ? "\(count) versions verified"
                    : "\(findings.count) findings in \(count) versions")
        }
        if !findings.isEmpty { throw ExitCode(1) }
    }

    /// That the versions of a damaged file cannot be listed is no reason to keep the findings back.
    private func examine() throws -> (findings: [String], versionCount: Int) {
        try options.with(failureCode: 2) { registry in
            let findings = try registry.verify()
            do throws(RegistryError) {
                let versions = try registry.snapshot().versions
                return (findings + Self.goldenFindings(versions, registry), versions.count)
            } catch .corrupt(let reason) {
                return (findings.isEmpty ? ["file: \(reason)"] : findings, 0)
            }
        }
    }

    private static func goldenFindings(
        _ versions: [VersionRecord], _ registry: Registry
    ) -> [String] {
        versions.compactMap { record in
            do {
                let name = try ModelName(record.model)
                let model = try Model(artifact: try registry.artifact(record.version, of: name))
                try model.verifyGoldenRows()
                return nil
            } catch {
                return "\(record.model) version \(record.version): \(error)"
            }
        }
    }
}
