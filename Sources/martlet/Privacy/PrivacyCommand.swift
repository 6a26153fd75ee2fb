// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Feedback

/// `martlet privacy`: what the feedback store keeps of a person, from a shell.
struct PrivacyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "privacy",
        abstract: "Erase or show what is kept of one sticky key.",
        subcommands: [PrivacyEraseCommand.self, PrivacyExportCommand.self])
}

/// What both `privacy` commands take.
struct PrivacyOptions: ParsableArguments {
    @Option(help: "The sticky key, as the requests had it.")
    var key: String

    @Option(help: "The feedback store: one SQLite file.")
    var feedbackStore: String

    func validate() throws {
        if key.isEmpty { throw ValidationError("--key: it is empty") }
    }

    var keyBytes: [UInt8] { Array(key.utf8) }

    /// Runs `body` on the store; its errors end the command with a sentence.
    func with<Value>(_ body: (FeedbackStore) throws -> Value) throws -> Value {
        do {
            return try body(try FeedbackStore(path: feedbackStore, createsFile: false))
        } catch let error as FeedbackError {
            throw CommandFailure(error.description)
        }
    }
}
