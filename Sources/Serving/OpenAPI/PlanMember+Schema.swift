// SPDX-License-Identifier: Apache-2.0
import JSON
import Rollout

/// A rollout's plan as a schema: the same table that reads and writes it.
extension PlanMember {
    private static let share: JSONValue = ["type": "number", "minimum": 0, "maximum": 1]

    /// What a plan takes; what only several members together break, such as steps that do not
    /// grow, no schema can say.
    static var planSchema: JSONValue {
        let members = all.map { member in
            JSONValue.Member(
                name: member.name,
                value: member.schema.with("default", member.value(in: Terms())))
        }
        return JSONSchema.closedObject([], members + ExperimentPlan.schemaMembers)
    }

    private var schema: JSONValue {
        switch term {
        case .number: JSONSchema.number
        case .optionalNumber: ["type": ["number", "null"]]
        case .count: JSONSchema.count
        case .time: ["type": "number", "minimum": 0]
        case .flag: JSONSchema.boolean
        case .weight: Self.share
        case .weights: JSONSchema.array(of: Self.share).with("minItems", 1).with("maxItems", 64)
        case .policy: JSONSchema.names(Self.policies.map(\.name))
        case .rules:
            JSONSchema.array(of: JSONSchema.names(Self.rules.map(\.name))).with("minItems", 1)
        }
    }
}

extension ExperimentPlan {
    fileprivate static var schemaMembers: [JSONValue.Member] {
        let share: JSONValue = ["type": "number", "exclusiveMinimum": 0, "maximum": 1]
        let arm = JSONSchema.closedObject(["version": JSONSchema.version, "weight": share])
        return [
            .init(
                name: "arms",
                value: JSONSchema.array(of: arm).with("minItems", 2).with("maxItems", 8)
                    .described("Of an experiment: the first is the stable version.")),
            .init(
                name: "exposure",
                value: share.described("Of an experiment: the share of keys that take part.")),
        ]
    }
}
