// SPDX-License-Identifier: Apache-2.0
import JSON
import Rollout

/// Schemas of rollouts: what begins and steers them, and what is said of them.
enum RolloutSchemas {
    private typealias Schema = JSONSchema

    private static let verdicts = Schema.names(["pass", "fail", "inconclusive"])
    /// A list of measures, of an experiment one for each arm.
    private static let evidence = Schema.array(of: ["type": ["object", "array"]])

    static var all: [JSONValue.Member] {
        [
            .init(name: "Plan", value: PlanMember.planSchema),
            .init(name: "RolloutOrder", value: order),
            .init(name: "RolloutCommand", value: command),
            .init(name: "Rollout", value: rollout),
            .init(
                name: "Rollouts",
                value: Schema.object([
                    "rollouts": Schema.array(of: Schema.reference("Rollout"))
                ])),
            .init(name: "RolloutHistory", value: history),
            .init(name: "Verdict", value: verdict),
        ]
    }

    private static var order: JSONValue {
        Schema.closedObject(
            [:],
            optional: [
                "model": Schema.string.described("The default model where it is left out."),
                "candidate": Schema.version.described("Needed where the plan has no arms."),
                "plan": Schema.reference("Plan"), "reason": Schema.string,
                "supersede": Schema.boolean.described("Ends one that is under way."),
            ])
    }

    private static var command: JSONValue {
        Schema.closedObject(
            [:],
            optional: [
                "reason": Schema.string.described("Goes into the history."),
                "version": Schema.version.described("Which of an experiment's is promoted."),
            ])
    }

    private static var rollout: JSONValue {
        let arm = Schema.object([
            "version": Schema.version, "weight": Schema.number, "state": Schema.string,
        ])
        return Schema.object(
            [
                "id": Schema.version, "model": Schema.string,
                "kind": Schema.names(["canary", "ab"]),
                "stable": Schema.version, "candidate": Schema.version, "state": Schema.string,
                "verdict": verdicts, "reason": Schema.string, "sequence": Schema.count,
                "candidate_weight": Schema.number, "created_at": Schema.moment,
                "created_by": Schema.string, "updated_at": Schema.moment,
                "is_terminal": Schema.boolean,
                "plan": Schema.optional(Schema.reference("Plan")), "evidence": evidence,
            ],
            optional: [
                "arms": Schema.array(of: arm), "exposure": Schema.number,
                "fault": Schema.string.described("What keeps its next step from being recorded."),
            ])
    }

    private static var history: JSONValue {
        let event = Schema.object([
            "sequence": Schema.count, "from": Schema.string, "to": Schema.string,
            "reason": Schema.string, "actor": Schema.string, "at": Schema.moment,
            "evidence": ["type": ["array", "object", "null"]],
        ])
        return Schema.object(["events": Schema.array(of: event)])
    }

    private static var verdict: JSONValue {
        let measure = Schema.object([
            "value": ["type": ["number", "null"]], "threshold": ["type": ["number", "null"]],
        ])
        return Schema.object([
            "verdict": verdicts, "state": Schema.string,
            "reasons": Schema.array(of: Schema.string), "evidence": Schema.map(of: measure),
        ])
    }
}
