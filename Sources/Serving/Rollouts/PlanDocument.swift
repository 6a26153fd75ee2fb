// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Rollout

/// What is asked of a rollout: the plan, and for an A/B experiment its arms.
package struct PlanDocument: Equatable, Sendable {
    package let plan: RolloutPlan
    /// `nil` for a canary.
    package let experiment: ExperimentPlan?

    package init(plan: RolloutPlan, experiment: ExperimentPlan? = nil) {
        self.plan = plan
        self.experiment = experiment
    }

    /// - Throws: the first member that no plan has, or whose value does not fit.
    package init(json: JSONValue) throws(PlanProblem) {
        guard let members = json.members else { throw .notAnObject }
        var terms = Terms()
        for member in members where !ExperimentPlan.memberNames.contains(member.name) {
            guard let row = PlanMember.all.first(where: { $0.name == member.name }) else {
                let names = PlanMember.all.map(\.name) + ExperimentPlan.memberNames
                throw .unknownMember(member.name, nearest: member.name.nearest(among: names))
            }
            try row.read(member.value, into: &terms)
        }
        do throws(PlanError) {
            plan = try RolloutPlan(terms)
        } catch {
            throw PlanProblem(error)
        }
        experiment = try ExperimentPlan(members: json)
    }

    package var json: JSONValue { .object(plan.terms.members + (experiment?.members ?? [])) }
}
