// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON

/// Sending requests through rollouts.
extension Service {
    /// Puts a prediction on its way through the rollout of its model, where it has one: requests
    /// that name a version, or another alias than the stable version's, are not part of it.
    func setRoute(
        of prediction: inout Prediction, _ route: Route, _ request: borrowing HTTPRequest,
        _ message: Span<UInt8>, _ context: HTTPRequestContext
    ) throws(Problem) {
        if case .predictVersion = route { return }
        let served = prediction.served
        guard let rollout = set.rollouts.first(where: { $0.stable.served === served }) else {
            return
        }
        prediction.route = RoutedRequest(
            rollout: rollout, override: try override(of: rollout, route, request, message, context),
            key: request[.xMartletKey].map { range in range.map { message[$0] } } ?? [])
    }

    /// The arm that `X-Martlet-Arm` asks for, by its name or by its version.
    private func override(
        of rollout: ServedRollout, _ route: Route, _ request: borrowing HTTPRequest,
        _ message: Span<UInt8>, _ context: HTTPRequestContext
    ) throws(Problem) -> Int? {
        guard let range = request[.xMartletArm] else { return nil }
        _ = try authorize(.operator, for: route, request, message, context)
        let wanted = ServingSet.string(range, message)
        for number in 0...rollout.candidates.count {
            let arm = rollout.arm(number)
            if arm.name == wanted || "\(arm.served.version)" == wanted { return number }
        }
        throw .unknownArm(wanted)
    }
}
