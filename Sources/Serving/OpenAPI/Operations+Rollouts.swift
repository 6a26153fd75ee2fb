// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON

/// The operations of rollouts: each verb is a path of its own.
extension Operations {
    static let rollouts =
        [
            Operation(
                .get, "/rollouts", "listRollouts", .rollouts, "All rollouts, newest first",
                [.ok("The rollouts.", "Rollouts")], problems: Problem.rollouts),
            Operation(
                .post, "/rollouts", "startRollout", .rollouts, "Begin a rollout",
                description: """
                    Moves a model from its version in production to a candidate by what requests \
                    show.
                    """,
                [
                    .init(
                        status: .created, description: "The rollout has begun.",
                        schema: JSONSchema.reference("Rollout"), fields: ["Location"],
                        links: links)
                ], body: body("RolloutOrder"), problems: Problem.rolloutStart),
            Operation(
                .get, "/rollouts/{id}", "getRollout", .rollouts,
                "One rollout, with every rule's evidence", [.ok("The rollout.", "Rollout")],
                parameters: ["id"], problems: Problem.rollout),
        ] + RolloutVerb.allCases.map(operation)

    /// From a rollout that has begun to all that can be asked of it.
    private static let links = (["getRollout"] + RolloutVerb.allCases.map(id)).map { id in
        JSONValue.Member(
            name: id,
            value: ["operationId": .string(id), "parameters": ["id": "$response.body#/id"]])
    }

    private static func id(_ verb: RolloutVerb) -> String { "\(verb)Rollout" }

    private static func operation(_ verb: RolloutVerb) -> Operation {
        let path = "/rollouts/{id}/\(verb.rawValue)"
        let id = id(verb)
        switch verb {
        case .history:
            return Operation(
                .get, path, id, .rollouts, "Every transition, and what justified it",
                [.ok("The transitions.", "RolloutHistory")], parameters: ["id"],
                problems: Problem.rollout)
        case .verdict:
            return Operation(
                .get, path, id, .rollouts, "The verdict, for who gates by it",
                [.ok("The verdict.", "Verdict")], parameters: ["id"], problems: Problem.rollout)
        case .confirmPromotion, .confirmRollback:
            let wanted = verb == .confirmPromotion ? "pass" : "fail"
            let verdict = JSONSchema.reference("Verdict")
            return Operation(
                .post, path, id, .rollouts, "Whether the verdict is \(wanted)",
                description: "For webhooks that gate; it changes nothing.",
                [
                    .ok("The verdict is \(wanted).", "Verdict"),
                    .init(
                        status: .conflict, description: "It is another one.", schema: verdict),
                ], parameters: ["id"], problems: Problem.rollout)
        case .promote, .abort, .pause, .resume, .rollback:
            return Operation(
                .post, path, id, .rollouts, "\(verb.rawValue.capitalized) a rollout",
                [.ok("The rollout, as it is now.", "Rollout")], parameters: ["id"],
                body: body("RolloutCommand", isRequired: false), problems: Problem.rolloutCommand)
        }
    }
}

extension String {
    fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
