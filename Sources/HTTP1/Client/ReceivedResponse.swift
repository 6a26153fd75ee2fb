// SPDX-License-Identifier: Apache-2.0

/// An answer as a client got it.
package struct ReceivedResponse: Equatable, Sendable {
    package struct Field: Equatable, Sendable {
        /// In lower case.
        package let name: String
        /// Without the white space around it.
        package let value: String
    }

    package let status: Int
    package let fields: [Field]
    /// Without a transfer coding; a content coding stays.
    package let body: [UInt8]

    /// The first field's value.
    ///
    /// - Parameter name: in lower case.
    package subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }
}

/// Why what came is no answer.
package enum ReceivedResponseError: Error, Equatable, Sendable {
    case malformedStatusLine
    case malformedField
    case headTooLarge
    case malformedContentLength
    /// Anything but `chunked`, or `chunked` where it has no place.
    case unsupportedTransferCoding
    case malformedChunk(HTTPParseError)
    case bodyTooLarge
    /// The server hung up before the end.
    case unexpectedEnd
}

extension ReceivedResponseError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformedStatusLine: "the answer is not HTTP/1"
        case .malformedField: "a header field of the answer is malformed"
        case .headTooLarge: "the head of the answer is too large"
        case .malformedContentLength: "the Content-Length of the answer is malformed"
        case .unsupportedTransferCoding: "the answer has a transfer coding other than chunked"
        case .malformedChunk(let error): "the chunks of the answer are malformed: \(error.slug)"
        case .bodyTooLarge: "the body of the answer is too large"
        case .unexpectedEnd: "the server hung up before the end of its answer"
        }
    }
}
