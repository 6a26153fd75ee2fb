// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON

extension Service {
    /// A document that is made off the loops, as it waits for a lock or is long.
    func express(
        _ coding: ResponseCoding, _ make: @escaping @Sendable () -> JSONValue
    ) -> HTTPDisposition {
        .deferred(
            HTTPWork(express: { response in
                response.append(make())
                coding.apply(to: &response)
            }))
    }

    /// Refuses a body that does not say that it is JSON, or is not sent as it is.
    func checkIsJSON(
        _ request: borrowing HTTPRequest, _ message: Span<UInt8>
    ) throws(Problem) {
        guard let type = request[.contentType], MediaType.isJSON(type, in: message) else {
            throw .unsupportedMediaType
        }
        guard ContentCoding(request, in: message) == .identity else {
            throw .unsupportedContentCoding
        }
    }

    func body(
        of request: borrowing HTTPRequest, _ message: Span<UInt8>
    ) -> [UInt8] {
        message.extracting(request.body).withUnsafeBufferPointer(Array.init)
    }
}

extension HTTPResponse {
    /// Appends a document and the end of its line.
    mutating func append(_ document: JSONValue) {
        document.append(to: &body)
        body.append(0x0A)
    }
}
