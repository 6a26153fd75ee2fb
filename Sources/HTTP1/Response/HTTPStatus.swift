// SPDX-License-Identifier: Apache-2.0

/// A status that this server sends (RFC 9110 section 15, RFC 6585).
package enum HTTPStatus: Int, CaseIterable, Sendable {
    case ok = 200
    case created = 201
    case noContent = 204
    case badRequest = 400
    case unauthorized = 401
    case forbidden = 403
    case notFound = 404
    case methodNotAllowed = 405
    case notAcceptable = 406
    case requestTimeout = 408
    case conflict = 409
    case contentTooLarge = 413
    case uriTooLong = 414
    case unsupportedMediaType = 415
    case expectationFailed = 417
    case misdirectedRequest = 421
    case unprocessableContent = 422
    case tooManyRequests = 429
    case requestHeaderFieldsTooLarge = 431
    case internalServerError = 500
    case notImplemented = 501
    case serviceUnavailable = 503
    case gatewayTimeout = 504
    case httpVersionNotSupported = 505

    package var code: Int { rawValue }

    /// Whether the fault is the server's, not the client's.
    package var isServerError: Bool { rawValue >= 500 }

    /// The status's place in `allCases`, for dense tables.
    package var index: Int {
        switch self {
        case .ok: 0
        case .created: 1
        case .noContent: 2
        case .badRequest: 3
        case .unauthorized: 4
        case .forbidden: 5
        case .notFound: 6
        case .methodNotAllowed: 7
        case .notAcceptable: 8
        case .requestTimeout: 9
        case .conflict: 10
        case .contentTooLarge: 11
        case .uriTooLong: 12
        case .unsupportedMediaType: 13
        case .expectationFailed: 14
        case .misdirectedRequest: 15
        case .unprocessableContent: 16
        case .tooManyRequests: 17
        case .requestHeaderFieldsTooLarge: 18
        case .internalServerError: 19
        case .notImplemented: 20
        case .serviceUnavailable: 21
        case .gatewayTimeout: 22
        case .httpVersionNotSupported: 23
        }
    }

    package var reasonPhrase: StaticString {
        switch self {
        case .ok: "OK"
        case .created: "Created"
        case .noContent: "No Content"
        case .badRequest: "Bad Request"
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .notFound: "Not Found"
        case .methodNotAllowed: "Method Not Allowed"
        case .notAcceptable: "Not Acceptable"
        case .requestTimeout: "Request Timeout"
        case .conflict: "Conflict"
        case .contentTooLarge: "Content Too Large"
        case .uriTooLong: "URI Too Long"
        case .unsupportedMediaType: "Unsupported Media Type"
        case .expectationFailed: "Expectation Failed"
        case .misdirectedRequest: "Misdirected Request"
        case .unprocessableContent: "Unprocessable Content"
        case .tooManyRequests: "Too Many Requests"
        case .requestHeaderFieldsTooLarge: "Request Header Fields Too Large"
        case .internalServerError: "Internal Server Error"
        case .notImplemented: "Not Implemented"
        case .serviceUnavailable: "Service Unavailable"
        case .gatewayTimeout: "Gateway Timeout"
        case .httpVersionNotSupported: "HTTP Version Not Supported"
        }
    }
}
