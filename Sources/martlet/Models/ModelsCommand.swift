// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import JSON
import Registry

/// `martlet models`: the registry from a shell.
struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List, import, promote, roll back, check and back up model versions.",
        subcommands: [
            ListCommand.self, ShowCommand.self, PromoteCommand.self, RollbackCommand.self,
            HistoryCommand.self, VerifyCommand.self, ImportCommand.self, ExportCommand.self,
            BackupCommand.self,
        ])
}

/// What every `models` command takes.
struct RegistryOptions: ParsableArguments {
    @Option(help: "The registry: one SQLite file.")
    var registry: String

    @Flag(help: "Print one JSON document.")
    var json = false

    /// Runs `body` on the registry; its errors end the command with a sentence.
    func with<Value>(
        _ mode: Registry.Mode = .readOnly, failureCode: Int32 = 1,
        _ body: (Registry) throws -> Value
    ) throws -> Value {
        do {
            return try body(try Registry(path: registry, mode: mode))
        } catch let error as RegistryError {
            throw CommandFailure(error.description, exitCode: failureCode)
        }
    }

    /// Who acts: the user, as the system knows them.
    static var actor: String {
        getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid \(getuid())"
    }

    func output(_ document: JSONValue, _ text: () -> Void) {
        if json { Console.line(document.text) } else { text() }
    }
}
