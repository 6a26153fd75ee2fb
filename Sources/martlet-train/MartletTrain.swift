// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import Models

/// The trainer: data in, one new version in the registry out.
@main
struct MartletTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet-train",
        abstract: "Train models that martlet serves.",
        version: MartletVersion.current,
        subcommands: [FitCommand.self, SyntheticCommand.self])

    /// Runs the command line and ends the process with one of `ExitStatus`.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as CommandFailure {
            Console.error("martlet-train: \(failure)")
            Glibc.exit(failure.status.rawValue)
        } catch {
            if exitCode(for: error) == .success {
                Console.write(fullMessage(for: error) + "\n")
                Glibc.exit(0)
            }
            Console.error("martlet-train: \(message(for: error)); --help tells more")
            Glibc.exit(ExitStatus.usage.rawValue)
        }
    }
}
