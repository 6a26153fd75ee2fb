// SPDX-License-Identifier: Apache-2.0
import Models
import Rollout
import Telemetry

/// A request on its way through a rollout, as far as it is known before its body has been read.
struct RoutedRequest: Sendable {
    let rollout: ServedRollout
    /// The arm that an authorised caller asks for: such a request is no outcome of either.
    let override: Int?
    /// A sticky key from a header, which one in the body goes before; empty without one.
    let key: [UInt8]
}

/// Where a rollout sends a request, once its key is known.
struct RolloutAssignment: Sendable {
    /// 0 for the stable version.
    var arm = 0
    var key = KeyHash(0)
    var isSticky = false
    /// Whether what comes of it is evidence.
    var isReported = false
    /// Why the candidate cannot read what the stable version can.
    var problem: InputProblem?
}

/// A prediction request as it was read: as the stable version reads it and, where it is sent to a
/// candidate of another schema, as that one does.
struct PredictInput: Sendable {
    var request = PredictRequest()
    private(set) var alternate = PredictRequest()
    private(set) var assignment = RolloutAssignment()

    /// - Throws: what the stable version has to say about the text; that is the client's mistake,
    ///   and no candidate's outcome.
    mutating func read(
        _ text: Span<UInt8>, for prediction: borrowing Prediction
    ) throws(InputProblem) {
        assignment = RolloutAssignment()
        try request.read(text, schema: prediction.served.model.schema)
        guard let route = prediction.route else { return }
        assignment = route.assignment(bodyKey: request.key, id: prediction.id)
        guard assignment.arm > 0 else { return }
        let candidate = route.rollout.candidates[assignment.arm - 1]
        guard !candidate.sharesSchema else { return }
        do throws(InputProblem) {
            try alternate.read(text, schema: candidate.arm.served.model.schema)
        } catch {
            assignment.problem = error
        }
    }

    /// The version that is to answer.
    func assigned(by prediction: borrowing Prediction) -> ServedModel {
        guard let route = prediction.route else { return prediction.served }
        return route.rollout.arm(assignment.arm).served
    }

    /// The request as the assigned arm reads it.
    func withAssigned<Value, Failure: Error>(
        of rollout: ServedRollout, _ body: (borrowing PredictRequest) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let arm = assignment.arm
        guard arm > 0, !rollout.candidates[arm - 1].sharesSchema else { return try body(request) }
        return try body(alternate)
    }
}

extension RoutedRequest {
    fileprivate func assignment(bodyKey: [UInt8], id: Identifier) -> RolloutAssignment {
        var assignment = RolloutAssignment()
        let sticky = bodyKey.isEmpty ? key : bodyKey
        assignment.isSticky = !sticky.isEmpty
        assignment.key =
            sticky.isEmpty ? rollout.salt.hash(id.low) : rollout.salt.hash(sticky.span)
        if let override {
            assignment.arm = override
            return assignment
        }
        // In quarantine there is nobody to hold, and copies are to tell at once.
        guard let arm = rollout.arm(of: assignment.key),
            !rollout.isExposed || !rollout.ledger.isHeld
        else { return assignment }
        assignment.arm = arm
        assignment.isReported = true
        return assignment
    }
}
