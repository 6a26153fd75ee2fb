// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON

extension Service {
    /// What this server answers, as OpenAPI 3.1, with the inputs of the models that it serves now.
    func answerOpenAPI(_ coding: ResponseCoding) -> HTTPDisposition {
        let set = set
        return express(coding) { OpenAPIDocument(set).json }
    }
}
