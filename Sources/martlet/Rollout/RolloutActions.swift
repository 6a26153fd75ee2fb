// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import JSON

/// What an operator does to a rollout: all is a POST to the path of that name.
struct RolloutAction: ParsableArguments {
    @OptionGroup var server: RolloutServer
    @OptionGroup var target: RolloutTarget

    @Option(help: "Why, for the history.")
    var reason: String?

    /// - Parameter candidate: which version of an experiment is meant.
    func perform(_ verb: String, candidate: Int? = nil) throws {
        let api = try server.open()
        let path = try api.path(of: target.rollout)
        var members: [JSONValue.Member] = []
        if let reason { members.append(.init(name: "reason", value: .string(reason))) }
        if let candidate { members.append(.init(name: "version", value: .integer(candidate))) }
        let body = JSONValue.object(members)
        let document = try api.command { () throws(RolloutAPI.Failure) in
            try api.post("\(path)/\(verb)", body)
        }
        let rollout = try RolloutAPI.rollout(in: document)
        server.output(document) {
            Console.line("rollout \(rollout.id) of \(rollout.model) is \(rollout.state)")
        }
    }
}

struct RolloutPromoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Make the candidate the stable version now.")
    @OptionGroup var action: RolloutAction

    @Option(help: "Which version of an experiment.")
    var candidate: Int?

    func run() throws { try action.perform("promote", candidate: candidate) }
}

struct RolloutAbortCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort", abstract: "End a rollout without a verdict; stable stays.")
    @OptionGroup var action: RolloutAction
    func run() throws { try action.perform("abort") }
}

struct RolloutPauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Keep a rollout where it is: the candidate keeps its share of the keys.")
    @OptionGroup var action: RolloutAction
    func run() throws { try action.perform("pause") }
}

struct RolloutResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a paused rollout go on.")
    @OptionGroup var action: RolloutAction
    func run() throws { try action.perform("resume") }
}

struct RolloutRollbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Convict the candidate: stable takes all traffic.")
    @OptionGroup var action: RolloutAction
    func run() throws { try action.perform("rollback") }
}
