// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import JSON

/// `martlet rollout`: a server's rollouts from a shell, for people and deployment scripts.
struct RolloutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout",
        abstract: "Start, watch and steer a server's rollouts.",
        discussion: """
            Exit status of wait and verdict: 0 promoted, 3 rolled back, 4 neither. Of all: 0 done, \
            1 the server cannot be reached or refuses, 2 wrong usage.
            """,
        subcommands: [
            RolloutStartCommand.self, RolloutStatusCommand.self, RolloutWaitCommand.self,
            RolloutVerdictCommand.self, RolloutPromoteCommand.self, RolloutAbortCommand.self,
            RolloutPauseCommand.self, RolloutResumeCommand.self, RolloutRollbackCommand.self,
            RolloutHistoryCommand.self, RolloutListCommand.self,
        ])
}

/// The rollout that a command is about.
struct RolloutTarget: ParsableArguments {
    @Argument(help: "The rollout's number, or a model's name for its newest rollout.")
    var rollout: String
}

struct RolloutStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show where a rollout is and what is known.")

    @OptionGroup var server: RolloutServer
    @OptionGroup var target: RolloutTarget

    func run() throws {
        let api = try server.open()
        let rollout = try api.rollout(try api.path(of: target.rollout))
        server.output(rollout.json) { rollout.write() }
    }
}

struct RolloutVerdictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verdict", abstract: "Tell a rollout's verdict: pass, fail or inconclusive.",
        discussion: "Exit status 0: pass. 3: fail. 4: inconclusive.")

    @OptionGroup var server: RolloutServer
    @OptionGroup var target: RolloutTarget

    func run() throws {
        let api = try server.open()
        let path = try api.path(of: target.rollout)
        let document = try api.command { () throws(RolloutAPI.Failure) in
            try api.get("\(path)/verdict")
        }
        guard let text = document["verdict"]?.string else {
            throw CommandFailure("the server's answer is no verdict")
        }
        let verdict = Verdict(text)
        server.output(document) {
            let reasons = document["reasons"]?.array?.compactMap(\.string) ?? []
            let state = document["state"]?.string ?? "-"
            Console.line(([text, state] + reasons).joined(separator: "  "))
            RolloutDocument.write(evidence: document["evidence"])
        }
        if verdict != .pass { throw verdict.exitCode }
    }
}

struct RolloutListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the rollouts that the server knows.")

    @OptionGroup var server: RolloutServer

    @Argument(help: "Only of this model.")
    var model: String?

    func run() throws {
        let rollouts = try server.open().rollouts().filter { model == nil || $0.model == model }
        server.output(.array(rollouts.map(\.json))) {
            Console.table(
                ["ID", "MODEL", "VERSIONS", "STATE", "VERDICT", "UPDATED"],
                rollouts.map {
                    [
                        "\($0.id)", $0.model, $0.versions, $0.state, "\($0.verdict)",
                        $0.json["updated_at"]?.string ?? "-",
                    ]
                })
        }
    }
}

struct RolloutHistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List a rollout's transitions, who made them and why.")

    @OptionGroup var server: RolloutServer
    @OptionGroup var target: RolloutTarget

    func run() throws {
        let api = try server.open()
        let path = try api.path(of: target.rollout)
        let document = try api.command { () throws(RolloutAPI.Failure) in
            try api.get("\(path)/history")
        }
        server.output(document) {
            Console.table(
                ["TIME", "FROM", "TO", "REASON", "BY"],
                (document["events"]?.array ?? []).map { RolloutEventLine($0).cells })
        }
    }
}

/// A transition as a row.
struct RolloutEventLine {
    let sequence: Int
    let cells: [String]

    init(_ event: JSONValue) {
        sequence = event["sequence"]?.integer ?? 0
        cells = ["at", "from", "to", "reason", "actor"].map { event[$0]?.string ?? "-" }
    }
}
