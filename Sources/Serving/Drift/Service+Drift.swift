// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON

extension Service {
    /// `GET /models/{model}/drift`: what the last windows of each version that is served say.
    func answerDrift(
        of model: String, _ coding: ResponseCoding
    ) throws(Problem) -> HTTPDisposition {
        guard let drift = context.drift else { throw .driftIsNotWatched }
        return .deferred(
            HTTPWork(express: { response in
                drift.document(model: model).append(to: &response.body)
                response.body.append(0x0A)
                coding.apply(to: &response)
            }))
    }
}
