// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Models

/// `martlet`: the server, and the registry from a shell.
@main
struct Martlet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "Serves trained models over HTTP, and keeps their versions.",
        version: MartletVersion.current,
        subcommands: [
            ServeCommand.self, ModelsCommand.self, RolloutCommand.self, TokensCommand.self,
            PredictCommand.self, HealthCommand.self, PrivacyCommand.self,
        ])

    /// Exit status 2 for wrong usage, where ArgumentParser's own is 64.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as CommandFailure {
            Console.error(failure.description)
            exit(withCode: failure.exitCode)
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            let message = fullMessage(for: error)
            Console.error(String(message.dropFirst(message.hasPrefix("Error: ") ? 7 : 0)))
            exit(withCode: 2)
        }
    }

    private static func exit(withCode code: Int32) -> Never {
        exit(withError: ExitCode(code))
    }
}
