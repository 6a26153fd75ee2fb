// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON

extension Service {
    /// Who asks, as far as is known before the body has been read: one that names a key there is
    /// known by that.
    func unit(
        of request: borrowing HTTPRequest, _ message: Span<UInt8>, _ context: HTTPRequestContext
    ) -> DriftUnit {
        guard let key = request[.xMartletKey], !key.isEmpty else {
            return .client(context.client.high ^ context.client.low)
        }
        return DriftUnit(key: message.extracting(key).bytes)
    }

    /// `GET /models/{model}/drift`: what the last windows of each version that is served say.
    func answerDrift(
        of model: String, _ coding: ResponseCoding
    ) throws(Problem) -> HTTPDisposition {
        guard let drift = context.drift else { throw .driftIsNotWatched }
        return express(coding) { drift.document(model: model) }
    }
}
