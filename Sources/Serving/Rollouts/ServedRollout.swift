// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Rollout

/// A rollout as the loops see it at one moment: who answers which keys, and who computes copies.
///
/// Immutable: another routing is another value, published with the set that holds it. Only the
/// ledger goes on from one to the next.
final class ServedRollout: Sendable {
    let id: Int
    let salt: Salt
    let hasFallback: Bool
    let stable: ServedArm
    let candidates: [ServedCandidate]
    /// Whether some candidate answers users.
    let isExposed: Bool
    /// How an experiment divides the keys; `nil` for a canary, whose weight grows.
    let split: ArmSplit?
    let ledger: RolloutLedger
    let shadows: ShadowQueue

    init(
        id: Int, salt: Salt, hasFallback: Bool, stable: ServedArm, candidates: [ServedCandidate],
        split: ArmSplit?, ledger: RolloutLedger, shadows: ShadowQueue
    ) {
        self.id = id
        self.salt = salt
        self.hasFallback = hasFallback
        self.stable = stable
        self.candidates = candidates
        isExposed = candidates.contains { $0.routing.candidateWeight > .none }
        self.split = split
        self.ledger = ledger
        self.shadows = shadows
    }

    /// The arm that a key belongs to: 0 for the stable version, else the candidate's number from 1
    /// on; `nil` for a key that an experiment holds back, or whose candidate rests: the stable
    /// version answers it and no one counts it, as it would be one too many of the first arm's.
    func arm(of key: KeyHash) -> Int? {
        guard let split else {
            return candidates[0].routing.candidateWeight.contains(key) ? 1 : 0
        }
        guard let arm = split.arm(of: key) else { return nil }
        return arm > 0 && candidates[arm - 1].routing.candidateWeight == .none ? nil : arm
    }

    /// What the answer of a candidate is called: by an override header, in answers and in metrics.
    func name(ofArm arm: Int) -> String { arm == 0 ? stable.name : candidates[arm - 1].arm.name }

    func arm(_ number: Int) -> ServedArm {
        number == 0 ? stable : candidates[number - 1].arm
    }
}

/// A version in its part in a rollout, with what its answers say of it.
struct ServedArm: Sendable {
    /// `stable`, `candidate`, or `arm-1` and on in an experiment.
    let name: String
    let served: ServedModel
    /// `,"model":"…","model_version":…,"arm":"…","prediction_id":"`.
    let answerTail: [UInt8]
    /// What the access log says of its answers.
    let logMembers: LogMembers
    /// The value of `X-Martlet-Arm`.
    let field: [UInt8]

    init(name: String, served: ServedModel) {
        self.name = name
        self.served = served
        answerTail = ServedModel.answerTail(served.name, served.version, arm: name)
        var members = served.logMembers
        members.append("arm", name)
        logMembers = members
        field = Array(name.utf8)
    }
}

struct ServedCandidate: Sendable {
    let arm: ServedArm
    let routing: Routing
    /// Its share of the keys that are its own or the stable version's, which outcomes of both are
    /// judged by.
    let weight: Weight
    /// Whether it reads records exactly as the stable version does.
    let sharesSchema: Bool
}
