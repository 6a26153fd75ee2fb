// SPDX-License-Identifier: Apache-2.0
import JSON
package import Rollout

/// An A/B experiment: which versions share the keys, and how many keys take part.
package struct ExperimentPlan: Equatable, Sendable {
    package struct Arm: Equatable, Sendable {
        package let version: Int
        package let weight: Weight

        package init(version: Int, weight: Weight) {
            self.version = version
            self.weight = weight
        }
    }

    package let arms: [Arm]
    /// How keys find their arm: its index in `arms`, or held back.
    package let split: ArmSplit

    /// The share of keys that take part.
    package var exposure: Weight { split.exposure }

    /// - Throws: when a version stands twice or below 1, or `ArmSplit` refuses the weights.
    package init(arms: [Arm], exposure: Weight) throws(PlanProblem) {
        var versions: Set<Int> = []
        for arm in arms {
            guard arm.version > 0, versions.insert(arm.version).inserted else {
                throw .wrongValue(
                    "arms", value: "version \(arm.version)",
                    expected: "versions that differ, from 1")
            }
        }
        guard exposure > .none else {
            throw .wrongValue("exposure", value: "0", expected: "a share above 0")
        }
        do throws(PlanError) {
            split = try ArmSplit(weights: arms.map(\.weight), exposure: exposure)
        } catch {
            throw PlanProblem(error)
        }
        self.arms = arms
    }

    static let memberNames = ["arms", "exposure"]
    private static let armMemberNames = ["version", "weight"]

    /// - Returns: `nil` where the document has no arms.
    init?(members document: JSONValue) throws(PlanProblem) {
        guard let list = document["arms"] else {
            guard document["exposure"] == nil else { throw .missingMember("arms") }
            return nil
        }
        guard let elements = list.array else {
            throw PlanProblem("arms", list, "a list of arms")
        }
        var arms: [Arm] = []
        for element in elements { arms.append(try Self.arm(element)) }
        let exposure =
            if let share = document["exposure"] {
                try PlanMember.weight(share, "exposure")
            } else {
                Weight.all
            }
        try self.init(arms: arms, exposure: exposure)
    }

    private static func arm(_ json: JSONValue) throws(PlanProblem) -> Arm {
        guard let members = json.members else {
            throw PlanProblem("arms", json, "arms like {\"version\": 3, \"weight\": 0.5}")
        }
        for member in members where !armMemberNames.contains(member.name) {
            throw .unknownMember(
                "arms.\(member.name)",
                nearest: member.name.nearest(among: armMemberNames).map { "arms.\($0)" })
        }
        guard let version = json["version"] else { throw .missingMember("arms.version") }
        guard let number = version.integer else {
            throw PlanProblem("arms.version", version, "a version's number")
        }
        guard let weight = json["weight"] else { throw .missingMember("arms.weight") }
        return Arm(version: number, weight: try PlanMember.weight(weight, "arms.weight"))
    }

    var members: [JSONValue.Member] {
        let arms = arms.map { arm -> JSONValue in
            ["version": .integer(arm.version), "weight": .number(arm.weight.share)]
        }
        return [
            .init(name: "arms", value: .array(arms)),
            .init(name: "exposure", value: .number(exposure.share)),
        ]
    }
}
