// SPDX-License-Identifier: Apache-2.0
import Registry

/// Why a rollout cannot be begun, found or changed.
package enum RolloutProblem: Error, Equatable, Sendable {
    case plan(PlanProblem)
    /// The registry holds what no server wrote: the part of the record.
    case malformedRecord(String)
    /// The request is no JSON object with the members that it needs.
    case malformedRequest(String)
    case unknown(id: String)
    case unknownModel(String)
    case unknownVersion(String, version: Int)
    /// The model has no version in production that a candidate could be compared with.
    case noStableVersion(String)
    /// This server answers for another alias first, and a rollout moves production.
    case notOfProduction(alias: String)
    case candidateIsStable(version: Int)
    case firstArmNotStable(version: Int, stable: Int)
    case alreadyActive(model: String, id: Int)
    case notApplicable(command: String, state: String)
    case promotesWhich
    case publisherCannotApprove(publisher: String, version: Int)
    case conflict(String)
    /// It is done here, and recorded when the registry can be written.
    case notRecordedYet(command: String, reason: String)
    /// Nothing can be recorded.
    case registry(String)

    init(_ error: RegistryError) {
        switch error {
        case .rolloutActive(let model, let id): self = .alreadyActive(model: model, id: id)
        case .unknownVersion(let model, let version):
            self = .unknownVersion(model, version: version)
        case .unknownModel(let model): self = .unknownModel(model)
        case .unknownRollout(let id): self = .unknown(id: "\(id)")
        case .publisherCannotApprove(_, let version, let publisher):
            self = .publisherCannotApprove(publisher: publisher, version: version)
        case .conflict, .rolloutConflict, .rolloutEnded: self = .conflict(error.description)
        default: self = .registry(error.description)
        }
    }
}
