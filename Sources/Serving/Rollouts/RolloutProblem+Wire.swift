// SPDX-License-Identifier: Apache-2.0
import HTTP1

extension RolloutProblem {
    /// What of it goes over the wire.
    var wire: Problem.Wire {
        switch self {
        case .plan(let problem):
            .init(
                .unprocessableContent, "invalid-plan", "Invalid plan", "\(problem).", "$.plan")
        case .malformedRecord(let part):
            .init(
                .internalServerError, "malformed-rollout", "Malformed rollout",
                "The registry's record is damaged: \(part).")
        case .malformedRequest(let reason):
            .init(.unprocessableContent, "invalid-rollout", "Invalid rollout", "\(reason).")
        case .unknown(let id):
            .init(
                .notFound, "unknown-rollout", "Unknown rollout",
                "No rollout has the number '\(id)'; GET /rollouts lists them.")
        case .unknownModel(let name): Problem.unknownModel(name).wire
        case .unknownVersion(let model, let version):
            Problem.unknownVersion(model, version: "\(version)").wire
        case .noStableVersion(let model):
            .init(
                .conflict, "no-stable-version", "No stable version",
                "Model '\(model)' has no version in production to compare a candidate with.")
        case .notOfProduction(let alias):
            .init(
                .conflict, "not-of-production", "Not of production",
                "This server answers for the alias '\(alias)'; rollouts move 'production'.")
        case .candidateIsStable(let version):
            .init(
                .conflict, "candidate-is-stable", "Candidate is stable",
                "Version \(version) is in production already.")
        case .firstArmNotStable(let version, let stable):
            .init(
                .conflict, "first-arm-not-stable", "First arm is not stable",
                "The first arm is version \(version), but production is at \(stable).")
        case .alreadyActive(let model, let id):
            .init(
                .conflict, "rollout-active", "Rollout active",
                "Rollout \(id) of model '\(model)' is under way; abort it, or supersede it.")
        case .notApplicable(let command, let state):
            .init(
                .conflict, "not-applicable", "Not applicable",
                "A rollout that is '\(state)' does not \(command).")
        case .promotesWhich:
            .init(
                .unprocessableContent, "invalid-rollout", "Invalid rollout",
                "Several versions could be promoted; name one as 'version'.")
        case .publisherCannotApprove(let publisher, let version):
            .init(
                .forbidden, "publisher-cannot-approve", "Publisher cannot approve",
                "Version \(version) was published by \(publisher); somebody else promotes it.")
        case .conflict(let reason):
            .init(.conflict, "rollout-conflict", "Rollout conflict", "\(reason).")
        case .notRecordedYet(let command, let reason):
            .init(
                .serviceUnavailable, "not-recorded-yet", "Not recorded yet",
                "The \(command) stands, and is recorded when the registry can be: \(reason).")
        case .registry(let reason):
            .init(
                .serviceUnavailable, "registry-unavailable", "Registry unavailable",
                "Nothing can be recorded: \(reason).")
        }
    }
}
