// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import JSON
import Registry

struct PromoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Point an alias to a version.")

    @OptionGroup var options: RegistryOptions

    @Argument(help: "The model.")
    var model: String

    @Argument(help: "The version's number.")
    var version: Int

    @Option(help: "The alias to move.")
    var alias = "production"

    @Option(help: "Move only if the alias points to this version; 0 for none.")
    var expect: Int?

    @Option(help: "Why, for the history.")
    var reason = "promoted"

    func run() throws {
        let expectation: AliasExpectation =
            switch expect {
            case nil: .any
            case 0: .absent
            case let version?: .version(version)
            }
        try options.with(.readWrite) { registry in
            try registry.move(
                try AliasName(alias), of: try ModelName(model), to: version,
                expecting: expectation, actor: RegistryOptions.actor, reason: reason)
        }
        options.output(
            ["model": .string(model), "alias": .string(alias), "version": .integer(version)]
        ) { Console.line("\(model)@\(alias) is version \(version)") }
    }
}

struct RollbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Point an alias back to where it was before its last move.",
        discussion: """
            A rollback is a move too: a second one undoes it and returns to the version that the \
            first one left. To go further back, promote a version; history tells which.
            """)

    @OptionGroup var options: RegistryOptions

    @Argument(help: "The model.")
    var model: String

    @Option(help: "The alias to move.")
    var alias = "production"

    @Option(help: "Why, for the history.")
    var reason = "rolled back"

    func run() throws {
        let (version, left) = try options.with(.readWrite) { registry in
            let (model, alias) = (try ModelName(model), try AliasName(alias))
            let version = try registry.rollBack(
                alias, of: model, actor: RegistryOptions.actor, reason: reason)
            let move = try registry.history(of: model, alias: alias).first { $0.after == version }
            return (version, move?.before)
        }
        options.output(
            [
                "model": .string(model), "alias": .string(alias), "version": .integer(version),
                "before": left.map { .integer($0) } ?? .null,
            ]
        ) {
            Console.line("\(model)@\(alias) is version \(version) again")
            if let left { Console.line("a second rollback returns to version \(left)") }
        }
    }
}
