// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// The spans of a request.
extension Service {
    /// Records a sampled request: now if it is answered, or else when its work is done.
    func finish(
        _ trace: RequestTrace, _ disposition: HTTPDisposition,
        _ response: borrowing HTTPResponse
    ) -> HTTPDisposition {
        guard tracer != nil else { return disposition }
        tracer?.append(&scratch.runs, of: trace)
        switch disposition {
        case .answered:
            tracer?.finish(trace, requestID: requestID, response)
            return .answered
        case .deferred(let work):
            return tracer?.follow(work, trace, requestID: requestID) ?? disposition
        }
    }

    /// Hands the spans over that the loop's turn has left.
    package func endTurn() {
        tracer?.flush()
    }
}
