// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON

extension Service {
    /// What this address answers, as OpenAPI 3.1, with the inputs of the models that it serves now.
    ///
    /// Made anew each time, off the loops: 50 models of 300 features take some 50 ms.
    func answerOpenAPI(_ coding: ResponseCoding) -> HTTPDisposition {
        let set = set
        let context = context
        return express(coding) {
            var document = OpenAPIDocument(
                set, surface: context.surface, access: context.access)
            return document.json()
        }
    }
}
