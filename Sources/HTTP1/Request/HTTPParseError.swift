// SPDX-License-Identifier: Apache-2.0

/// Why a request is refused. After any of these the connection is closed: where one message ends
/// is in doubt, so nothing behind it can be believed.
///
/// The raw value is the `reason` label of `http_parse_errors_total`.
package enum HTTPParseError: String, Error, CaseIterable, Sendable {
    // Request line (RFC 9112 section 3).
    /// A TLS handshake on a plain connection.
    case clientHello = "client_hello"
    case malformedRequestLine = "malformed_request_line"
    case requestLineTooLong = "request_line_too_long"
    case unknownMethod = "unknown_method"
    case malformedTarget = "malformed_target"
    /// A percent escape that is none, or stands for no UTF-8 or for a control character.
    case malformedEscape = "malformed_escape"
    case pathAboveRoot = "path_above_root"
    /// A request of HTTP/0.9.
    case missingVersion = "missing_version"
    case malformedVersion = "malformed_version"
    case unsupportedVersion = "unsupported_version"
    // Fields (RFC 9112 section 5).
    case bareCarriageReturn = "bare_carriage_return"
    case bareLineFeed = "bare_line_feed"
    case lineFolding = "line_folding"
    case malformedFieldName = "malformed_field_name"
    case malformedFieldValue = "malformed_field_value"
    case headTooLarge = "head_too_large"
    case tooManyFields = "too_many_fields"
    case duplicateField = "duplicate_field"
    case duplicateHost = "duplicate_host"
    case missingHost = "missing_host"
    case malformedHost = "malformed_host"
    /// The Host field names another authority than the target.
    case hostMismatch = "host_mismatch"
    case unsupportedExpectation = "unsupported_expectation"
    // Framing (RFC 9112 section 6).
    case malformedContentLength = "malformed_content_length"
    case duplicateContentLength = "duplicate_content_length"
    case contentLengthWithTransferEncoding = "content_length_with_transfer_encoding"
    case malformedTransferEncoding = "malformed_transfer_encoding"
    case duplicateTransferEncoding = "duplicate_transfer_encoding"
    case chunkedNotFinal = "chunked_not_final"
    case unsupportedTransferCoding = "unsupported_transfer_coding"
    case transferEncodingInHTTP10 = "transfer_encoding_in_http10"
    case bodyTooLarge = "body_too_large"
    // Chunks (RFC 9112 section 7.1).
    case malformedChunkSize = "malformed_chunk_size"
    case malformedChunkExtension = "malformed_chunk_extension"
    case malformedChunkEnd = "malformed_chunk_end"
    case chunkExtensionTooLarge = "chunk_extension_too_large"
    case malformedTrailer = "malformed_trailer"
    case trailerTooLarge = "trailer_too_large"
    /// So many chunks that their lines take more room than a body may.
    case chunkOverheadTooLarge = "chunk_overhead_too_large"
    /// The client closed its side inside a message.
    case unexpectedEnd = "unexpected_end"
    /// It is for a host that the connection's certificate does not cover.
    case misdirectedRequest = "misdirected_request"
    /// The message did not arrive in time.
    case timeout

    /// The last part of its problem's `type`, and its name in the log.
    package var slug: String { rawValue.replacing("_", with: "-") }

    package var status: HTTPStatus {
        switch self {
        case .requestLineTooLong: .uriTooLong
        case .unknownMethod, .unsupportedTransferCoding: .notImplemented
        case .unsupportedVersion: .httpVersionNotSupported
        case .headTooLarge, .tooManyFields, .trailerTooLarge: .requestHeaderFieldsTooLarge
        case .unsupportedExpectation: .expectationFailed
        case .bodyTooLarge, .chunkOverheadTooLarge: .contentTooLarge
        case .timeout: .requestTimeout
        case .misdirectedRequest: .misdirectedRequest
        case .clientHello, .malformedRequestLine, .malformedTarget, .malformedEscape,
            .pathAboveRoot, .missingVersion, .malformedVersion, .bareCarriageReturn,
            .bareLineFeed, .lineFolding, .malformedFieldName, .malformedFieldValue,
            .duplicateField, .duplicateHost, .missingHost, .malformedHost, .hostMismatch,
            .malformedContentLength, .duplicateContentLength, .contentLengthWithTransferEncoding,
            .malformedTransferEncoding, .duplicateTransferEncoding, .chunkedNotFinal,
            .transferEncodingInHTTP10, .malformedChunkSize, .malformedChunkExtension,
            .chunkExtensionTooLarge, .malformedChunkEnd, .malformedTrailer, .unexpectedEnd:
            .badRequest
        }
    }
}
