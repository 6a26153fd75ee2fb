// SPDX-License-Identifier: Apache-2.0
package import JSON
package import Rollout

extension RolloutPlan {
    /// Reads a plan; what it does not say is as the defaults have it.
    ///
    /// - Throws: the first member that no plan has, or whose value does not fit.
    package init(json: JSONValue) throws(PlanProblem) {
        let document = try PlanDocument(json: json)
        guard document.experiment == nil else {
            throw .unknownMember("arms", nearest: nil)
        }
        self = document.plan
    }

    /// Every term, the defaults too, in one order.
    package var json: JSONValue { .object(terms.members) }
}

extension Terms {
    var members: [JSONValue.Member] {
        PlanMember.all.map { JSONValue.Member(name: $0.name, value: $0.value(in: self)) }
    }
}
