// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import JSON
import Registry

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show how a model's aliases moved.")

    @OptionGroup var options: RegistryOptions

    @Argument(help: "The model.")
    var model: String

    @Option(help: "Only this alias.")
    var alias: String?

    @Option(
        help:
            "Where the alias (production if none is named) pointed at this UTC time, like 2026-11-17T08:00."
    )
    var at: String?

    func validate() throws {
        if let at, Timestamp(at) == nil {
            throw ValidationError("--at: '\(at)' is not a time like 2026-11-17T08:00")
        }
    }

    func run() throws {
        if let moment = at.flatMap({ Timestamp($0) }) { return try showTarget(at: moment) }
        let moves = try options.with { registry in
            try registry.history(of: try ModelName(model), alias: try alias.map(AliasName.init))
        }
        options.output(
            .array(
                moves.map { move in
                    [
                        "at": .string(move.at.description), "alias": .string(move.alias),
                        "before": move.before.map { .integer($0) } ?? .null,
                        "after": .integer(move.after), "by": .string(move.actor),
                        "reason": .string(move.reason),
                    ]
                })
        ) {
            Console.table(
                ["AT", "ALIAS", "FROM", "TO", "BY", "REASON"],
                moves.map { move in
                    [
                        move.at.description, move.alias, move.before.map { "\($0)" } ?? "-",
                        "\(move.after)", move.actor, move.reason,
                    ]
                })
        }
    }

    private func showTarget(at moment: Timestamp) throws {
        let name = alias ?? "production"
        let version = try options.with { registry in
            try registry.target(
                of: try AliasName(name), model: try ModelName(model), at: moment)
        }
        options.output(
            [
                "model": .string(model), "alias": .string(name),
                "at": .string(moment.description),
                "version": version.map { .integer($0) } ?? .null,
            ]
        ) {
            let text = version.map { "was version \($0)" } ?? "did not exist"
            Console.line("\(model)@\(name) \(text) at \(moment)")
        }
    }
}
