// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import JSON
import Serving

struct RolloutStartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start a rollout of a candidate, or an A/B experiment.",
        discussion: "What neither a flag nor the plan's file says is as the server has it.")

    @OptionGroup var server: RolloutServer

    @Argument(help: "The model.")
    var model: String

    @Option(help: "The candidate's version; of an experiment its arms say it.")
    var candidate: Int?

    @OptionGroup(title: "Plan")
    var plan: RolloutPlanOptions

    @Flag(help: "End the model's active rollout, if there is one, and take its place.")
    var supersede = false

    @Option(help: "Why, for the history.")
    var reason: String?

    func run() throws {
        let plan = try plan.document()
        guard candidate != nil || plan["arms"] != nil else {
            throw CommandFailure("give --candidate VERSION, or --arms", exitCode: 2)
        }
        let api = try server.open()
        var members = [JSONValue.Member(name: "model", value: .string(model))]
        if let candidate { members.append(.init(name: "candidate", value: .integer(candidate))) }
        if plan.members?.isEmpty == false { members.append(.init(name: "plan", value: plan)) }
        if let reason { members.append(.init(name: "reason", value: .string(reason))) }
        if supersede { members.append(.init(name: "supersede", value: true)) }
        let body = JSONValue.object(members)
        let document = try api.command { () throws(RolloutAPI.Failure) in
            try api.post("/rollouts", body)
        }
        let rollout = try RolloutAPI.rollout(in: document)
        server.output(document) {
            Console.line("rollout \(rollout.id) of \(rollout.model) is \(rollout.state)")
        }
    }
}

/// A plan from a file, with what flags say in its place.
struct RolloutPlanOptions: ParsableArguments {
    @Option(help: "A JSON file with the plan; - is standard input.")
    var plan: String?

    @Option(help: "The candidate's shares of traffic, in percent: 1%,5%,25%.")
    var steps: String?

    @Option(help: "Seconds that a step takes at least.")
    var stepSeconds: Double?

    @Option(help: "Candidate requests that a step takes at least.")
    var stepRequests: Int?

    @Option(help: "Pairs of answers that the shadow phase compares at least.")
    var shadowPairs: Int?

    @Option(help: "Seconds that the shadow phase takes at least.")
    var shadowSeconds: Double?

    @Option(help: "Seconds that the candidate keeps all traffic before it is promoted.")
    var bakeSeconds: Double?

    @Flag(
        help:
            "Compute no copies, neither before users' traffic nor beside it: only failures and slow requests then convict."
    )
    var noShadow = false

    @Option(help: "What a step's deadline does without a verdict: hold, roll_back or promote.")
    var onInconclusive: String?

    @Option(help: "An experiment's versions and their percentages: 3:50,4:50.")
    var arms: String?

    @Option(help: "The share of keys that an experiment takes, in percent: 80%.")
    var exposure: String?

    /// What was given, which is checked here as the server would: a slip is told before anything
    /// is sent.
    func document() throws(CommandFailure) -> JSONValue {
        var members = try fileMembers()
        for member in try flagMembers() {
            members.removeAll { $0.name == member.name }
            members.append(member)
        }
        let document = JSONValue.object(members)
        do throws(PlanProblem) {
            _ = try PlanDocument(json: document)
        } catch {
            throw CommandFailure("plan: \(error)", exitCode: 2)
        }
        return document
    }

    private func fileMembers() throws(CommandFailure) -> [JSONValue.Member] {
        guard let plan else { return [] }
        let bytes = try WholeFile.read(plan)
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue(parsing: bytes.span)
        } catch {
            throw CommandFailure(
                "\(plan): \(error.reason.rawValue), at byte \(error.offset)", exitCode: 2)
        }
        guard let members = document.members else {
            throw CommandFailure("\(plan): a plan is a JSON object", exitCode: 2)
        }
        return members
    }

    private func flagMembers() throws(CommandFailure) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        func add(_ name: String, _ value: JSONValue?) {
            if let value { members.append(.init(name: name, value: value)) }
        }
        if let steps {
            var shares: [JSONValue] = []
            for step in steps.split(separator: ",", omittingEmptySubsequences: false) {
                shares.append(try Self.share(step, "--steps"))
            }
            add("steps", .array(shares))
        }
        add("step_seconds", stepSeconds.map { .number($0) })
        add("step_requests", stepRequests.map { .integer($0) })
        add("shadow_pairs", shadowPairs.map { .integer($0) })
        add("shadow_seconds", shadowSeconds.map { .number($0) })
        add("bake_seconds", bakeSeconds.map { .number($0) })
        add("shadow", noShadow ? false : nil)
        add("on_inconclusive", onInconclusive.map { .string($0) })
        add("arms", try arms.map { text throws(CommandFailure) in try Self.arms(text) })
        add(
            "exposure",
            try exposure.map { text throws(CommandFailure) in
                try Self.share(text[...], "--exposure")
            })
        return members
    }

    private static func arms(_ text: String) throws(CommandFailure) -> JSONValue {
        var arms: [JSONValue] = []
        for arm in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = arm.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let version = Int(parts[0]) else {
                throw CommandFailure("--arms: '\(arm)' is not VERSION:PERCENT", exitCode: 2)
            }
            arms.append(
                ["version": .integer(version), "weight": try share(parts[1], "--arms")])
        }
        return .array(arms)
    }

    /// A percentage of two decimal places at most, as a share of one.
    static func share(_ text: Substring, _ flag: String) throws(CommandFailure) -> JSONValue {
        let digits = text.hasSuffix("%") ? text.dropLast() : text
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        let isDigits = { (part: Substring) in
            !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
        guard (1...2).contains(parts.count), parts.allSatisfy(isDigits), parts[0].utf8.count <= 3,
            let whole = Int(parts[0]), parts.count == 1 || parts[1].utf8.count <= 2,
            case let rest = parts.count == 1 ? "00" : (parts[1] + "0").prefix(2),
            let hundredths = Int(rest), whole * 100 + hundredths <= 10_000
        else {
            throw CommandFailure(
                "\(flag): '\(text)' is not a percentage of 0 to 100 with two places at most",
                exitCode: 2)
        }
        return .number(Double(whole * 100 + hundredths) / 10_000)
    }
}
