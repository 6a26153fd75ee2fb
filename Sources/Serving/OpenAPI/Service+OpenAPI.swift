// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON

extension Service {
    /// What this address answers, as OpenAPI 3.1, with the inputs of the models that it serves now.
    ///
    /// Made off the loops, once for each set: 50 models of 300 features take some 50 ms, for which
    /// scrapes wait.
    func answerOpenAPI(_ coding: ResponseCoding) -> HTTPDisposition {
        let set = set
        let context = context
        return .deferred(
            HTTPWork(express: { response in
                var document = OpenAPIDocument(
                    set, surface: context.surface, access: context.access)
                response.body += set.openAPI.text(for: document.key) {
                    var text: [UInt8] = []
                    document.json().append(to: &text)
                    return text + [0x0A]
                }
                coding.apply(to: &response)
            }))
    }
}
