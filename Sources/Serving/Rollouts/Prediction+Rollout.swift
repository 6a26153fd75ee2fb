// SPDX-License-Identifier: Apache-2.0
import Feedback
import HTTP1
import Rollout
import Telemetry

/// Answering within a rollout.
extension Prediction {
    /// Answers by the arm that the request was assigned to, and counts what came of it. A candidate
    /// that fails costs the caller nothing: the stable version answers the same request.
    ///
    /// - Returns: the arm that has answered.
    func answer(
        _ input: borrowing PredictInput, by route: RoutedRequest,
        _ scratch: inout PredictionScratch, countedIn shard: Int, to body: inout [UInt8]
    ) throws(InputProblem) -> Int? {
        let arm = input.assignment.arm
        guard arm > 0 else {
            try answerStable(input, by: route, &scratch, countedIn: shard, to: &body)
            return 0
        }
        let rollout = route.rollout
        let candidate = rollout.candidates[arm - 1].arm
        let start = MonotonicClock.nanoseconds()
        let byteCount = body.count
        let failure: InputProblem
        do throws(InputProblem) {
            if let problem = input.assignment.problem { throw problem }
            let nanoseconds = try input.withAssigned(of: rollout) {
                (request: borrowing PredictRequest) throws(InputProblem) in
                try answer(
                    request, candidate.served, candidate.answerTail, &scratch, countedIn: shard,
                    to: &body)
            }
            record(input, route, hasFailed: false, nanoseconds: nanoseconds, shard: shard)
            return arm
        } catch {
            failure = error
        }
        body.removeSubrange(byteCount...)
        candidate.served.instruments.countError(failure.slug, shard: shard)
        let spent = MonotonicClock.nanoseconds() - start
        guard rollout.hasFallback else {
            record(input, route, hasFailed: true, nanoseconds: spent, shard: shard)
            throw failure
        }
        var fallback = RoutedOutcome.Fallback.failed
        defer {
            record(
                input, route, hasFailed: true, fallback: fallback, nanoseconds: spent,
                shard: shard)
        }
        let stable = rollout.stable
        _ = try answer(
            input.request, stable.served, stable.answerTail, &scratch, countedIn: shard, to: &body)
        fallback = .answered
        return 0
    }

    /// Counts a request that had no answer, for the version whose fault that is; a candidate's was
    /// counted when it failed.
    func count(_ problem: InputProblem, _ input: borrowing PredictInput, shard: Int) {
        if let route, input.assignment.arm > 0, !route.rollout.hasFallback { return }
        served.instruments.countError(problem.slug, shard: shard)
    }

    private func answerStable(
        _ input: borrowing PredictInput, by route: RoutedRequest,
        _ scratch: inout PredictionScratch, countedIn shard: Int, to body: inout [UInt8]
    ) throws(InputProblem) {
        let start = MonotonicClock.nanoseconds()
        let stable = route.rollout.stable
        do throws(InputProblem) {
            let nanoseconds = try answer(
                input.request, stable.served, stable.answerTail, &scratch, countedIn: shard,
                to: &body)
            record(input, route, hasFailed: false, nanoseconds: nanoseconds, shard: shard)
        } catch {
            // What no version of this kind can do is no outcome of this one.
            if error != .notExplainable {
                let spent = MonotonicClock.nanoseconds() - start
                record(input, route, hasFailed: true, nanoseconds: spent, shard: shard)
            }
            throw error
        }
    }

    private func record(
        _ input: borrowing PredictInput, _ route: RoutedRequest, hasFailed: Bool,
        fallback: RoutedOutcome.Fallback = .untried, nanoseconds: UInt64, shard: Int
    ) {
        let assignment = input.assignment
        guard assignment.isReported else { return }
        var outcome = RoutedOutcome(
            isCandidate: assignment.arm > 0, key: assignment.key, isSticky: assignment.isSticky,
            weight: .none, hasFailed: hasFailed)
        outcome.fallback = fallback
        route.rollout.ledger.record(
            outcome, arm: assignment.arm, weights: route.rollout.candidates,
            nanoseconds: nanoseconds, shard: shard)
    }

    /// Says in the answer, and in the log, which arm has answered.
    func tell(_ arm: Int?, _ response: inout HTTPResponse) {
        guard let route, let arm else { return }
        let field = route.rollout.arm(arm).field
        response.appendField("X-Martlet-Arm", field.span)
        if !response.log.isEmpty { response.log.append(route.rollout.arm(arm), id) }
    }

    /// Has the request computed by both versions where the rollout wants that, after it has been
    /// answered.
    ///
    /// - Parameters:
    ///   - text: the body that was read.
    ///   - logged: what is kept of the answer.
    /// - Returns: whether a copy takes care of that.
    func offerCopies(
        _ input: borrowing PredictInput, _ text: Span<UInt8>, _ logged: LoggedPrediction?
    ) -> Bool {
        guard let route, input.assignment.isReported, !input.request.explains else { return false }
        var logged = logged
        var isTaken = false
        let rollout = route.rollout
        let arm = input.assignment.arm
        let draw = KeyHash(id.high)
        for (index, candidate) in rollout.candidates.enumerated() where arm == 0 || arm == index + 1
        {
            let share = arm == 0 ? candidate.routing.shadowShare : candidate.routing.watchShare
            guard share.contains(draw), rollout.shadows.hasRoom else { continue }
            let isAccepted = rollout.shadows.append(
                ShadowCopy(
                    rollout: rollout, candidate: index, isShadow: arm == 0, id: id,
                    text: text.withUnsafeBufferPointer(Array.init),
                    key: input.assignment.key, isSticky: input.assignment.isSticky, logged: logged))
            // Of several candidates the first that computes it.
            if isAccepted {
                logged = nil
                isTaken = true
            }
        }
        return isTaken
    }
}

extension LogMembers {
    fileprivate mutating func append(_ arm: ServedArm, _ id: Identifier) {
        var digits: [UInt8] = []
        id.append(to: &digits)
        append(model: arm.logMembers, predictionID: digits.span)
    }
}
