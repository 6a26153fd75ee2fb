// SPDX-License-Identifier: Apache-2.0
import JSON
import Registry
import Rollout

extension [RolloutController] {
    /// The measures of all candidates: one list, or one for each.
    var evidenceJSON: JSONValue {
        count == 1 ? self[0].evidenceJSON : .array(map(\.evidenceJSON))
    }
}

extension RolloutController {
    fileprivate var evidenceJSON: JSONValue {
        .array(
            measures.map { measure in
                [
                    "name": .string(measure.name), "value": .number(measure.value),
                    "threshold": measure.threshold.map { .number($0) } ?? .null,
                ]
            })
    }
}

/// What the API says of a rollout.
struct RolloutDocument {
    let record: RolloutRecord
    let plan: PlanDocument?
    let verdict: Verdict
    let evidence: JSONValue
    /// The candidates' routings; empty for one that is over.
    var routings: [Routing] = []
    /// What keeps this server from recording the next step.
    var fault: String?

    init(_ live: LiveRollout, fault: String?) {
        record = live.record
        plan = live.document
        verdict = live.verdict
        evidence = live.controllers.evidenceJSON
        routings = live.routings
        self.fault = fault
    }

    /// Of one that is over, by its record and its last event's evidence.
    init(_ record: RolloutRecord, evidence: JSONValue) {
        self.record = record
        self.evidence = evidence
        plan = (try? JSONValue(parsing: record.plan)).flatMap { try? PlanDocument(json: $0) }
        verdict = Verdict(of: record.states)
    }

    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init(name: "id", value: .integer(record.id)),
            .init(name: "model", value: .string(record.model)),
            .init(name: "kind", value: .string(record.kind)),
            .init(name: "stable", value: .integer(record.stable)),
            .init(name: "candidate", value: .integer(record.candidate)),
            .init(name: "state", value: .string(record.state)),
            .init(name: "verdict", value: .string(verdict.rawValue)),
            .init(name: "reason", value: .string(record.reason)),
            .init(name: "sequence", value: .integer(record.sequence)),
            .init(
                name: "candidate_weight",
                value: .number(routings.first?.candidateWeight.share ?? 0)),
            .init(name: "created_at", value: .string(record.createdAt.description)),
            .init(name: "created_by", value: .string(record.createdBy)),
            .init(name: "updated_at", value: .string(record.updatedAt.description)),
            .init(name: "is_terminal", value: .boolean(record.isTerminal)),
        ]
        if let experiment = plan?.experiment {
            members.append(armsMember(experiment.arms))
            members.append(.init(name: "exposure", value: .number(experiment.exposure.share)))
        }
        if let fault { members.append(.init(name: "fault", value: .string(fault))) }
        members.append(.init(name: "plan", value: plan?.json ?? .null))
        members.append(.init(name: "evidence", value: evidence))
        return .object(members)
    }

    private func armsMember(_ arms: [ExperimentPlan.Arm]) -> JSONValue.Member {
        let states = record.state.split(separator: " ")
        let documents = arms.enumerated().map { index, arm -> JSONValue in
            let state =
                index == 0
                ? "control" : states.indices.contains(index - 1) ? String(states[index - 1]) : ""
            return [
                "version": .integer(arm.version), "weight": .number(arm.weight.share),
                "state": .string(state),
            ]
        }
        return .init(name: "arms", value: .array(documents))
    }

    /// The form that Argo Rollouts' web metric and pipelines read.
    var verdictJSON: JSONValue {
        let lists = evidence.array?.first?.array == nil ? [evidence] : evidence.array ?? []
        var members: [JSONValue.Member] = []
        for measure in lists.first?.array ?? [] {
            guard let name = measure["name"]?.string else { continue }
            members.append(
                .init(
                    name: name,
                    value: [
                        "value": measure["value"] ?? .null,
                        "threshold": measure["threshold"] ?? .null,
                    ]))
        }
        return [
            "verdict": .string(verdict.rawValue), "state": .string(record.state),
            "reasons": .array([.string(record.reason)]), "evidence": .object(members),
        ]
    }
}

extension RolloutEvent {
    var json: JSONValue {
        [
            "sequence": .integer(sequence), "from": .string(from), "to": .string(to),
            "reason": .string(reason), "actor": .string(actor), "at": .string(at.description),
            "evidence": (try? JSONValue(parsing: evidence)) ?? .null,
        ]
    }
}
