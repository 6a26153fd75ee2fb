// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// Everything that can keep a request from its answer, as facts.
///
/// Each is answered as `application/problem+json` (RFC 9457). A client's mistake is 4xx: 400 where
/// the text is not JSON or not HTTP that fits, 422 where it is JSON of the wrong shape.
enum Problem: Error, Equatable, Sendable {
    case noSuchRoute
    /// Nobody whom the tokens file names, as far as can be told.
    case unauthenticated(Credentials)
    /// Somebody known, or nobody could be, who may not do this.
    case forbidden(AccessRole)
    /// A browser asks for a page of another site, in whose name nothing is changed.
    case crossSite
    case methodNotAllowed(allowed: AllowedMethods)
    case notAcceptable
    case unsupportedMediaType
    case unsupportedContentCoding
    case malformedContentCoding(String)
    case contentTooLarge(byteCountMax: Int)
    /// It decodes to more than text of that size does, or consists of more gzip members than one
    /// has a use for.
    case contentTooDense
    case malformedRequestTimeout
    /// The client's own deadline passed before the work could begin.
    case deadlineExceeded
    /// No memory is left to read the body: nothing that the client did.
    case outOfMemory
    case overloaded(retryAfterSeconds: Int)
    case rateLimited(retryAfterSeconds: Int)
    /// The connection lies in the reserve for probes and scrapes.
    case tooManyConnections
    case input(InputProblem)
    case noDefaultModel(served: [String])
    case unknownModel(String)
    case unknownVersion(String, version: String)
    case unknownAlias(String, alias: String)
    case versionNotLoaded(String, version: Int, reason: String)
    case modelNotServed(String, reason: String)
    case unknownArm(String)
    case rollout(RolloutProblem)
    case noFeedbackStore
    case driftIsNotWatched
    case feedbackStoreUnavailable(String)
    case malformedLabel(String, path: String)

    /// What is wrong with what a caller showed to say who they are.
    enum Credentials: Sendable {
        case missing, malformed, unknown, expired
    }

    /// The methods of a route, in the order of `Allow`.
    enum AllowedMethods: String, Sendable {
        case get = "GET, HEAD, OPTIONS"
        case post = "POST, OPTIONS"
        /// Of the server as a whole.
        case any = "GET, HEAD, POST, OPTIONS"
    }
}

extension Problem {
    typealias Wire = ProblemWire

    var wire: Wire {
        switch self {
        case .noSuchRoute:
            Wire(.notFound, "no-such-route", "No such route", "Nothing is served at this path.")
        case .unauthenticated(let credentials):
            Wire(
                .unauthorized, "unauthenticated", "Unauthenticated", credentials.fault)
        case .forbidden(let required):
            Wire(
                .forbidden, "forbidden", "Forbidden",
                "This takes the role '\(required.rawValue)' or one that includes it.")
        case .crossSite:
            Wire(
                .forbidden, "cross-site", "Cross-site request",
                "A browser sends this for a page of another site, by Sec-Fetch-Site or Origin.")
        case .methodNotAllowed(let allowed):
            Wire(
                .methodNotAllowed, "method-not-allowed", "Method not allowed",
                "This path takes \(allowed.rawValue).")
        case .notAcceptable:
            Wire(
                .notAcceptable, "not-acceptable", "Not acceptable",
                "Accept or Accept-Encoding rules out all that this path answers with.")
        case .unsupportedMediaType:
            Wire(
                .unsupportedMediaType, "unsupported-media-type", "Unsupported media type",
                "Send Content-Type: application/json (UTF-8).")
        case .unsupportedContentCoding:
            Wire(
                .unsupportedMediaType, "unsupported-content-coding", "Unsupported content coding",
                "Send the body as it is, or with Content-Encoding: gzip.")
        case .malformedContentCoding(let reason):
            Wire(
                .badRequest, "malformed-content-coding", "Malformed content coding",
                "The body is not gzip as Content-Encoding says: \(reason).")
        case .contentTooLarge(let byteCountMax):
            Wire(
                .contentTooLarge, "content-too-large", "Content too large",
                "The decoded body is larger than \(byteCountMax) bytes.")
        case .contentTooDense:
            Wire(
                .contentTooLarge, "content-too-dense", "Content too dense",
                "The body decodes to far more than text does, or consists of too many members.")
        case .malformedRequestTimeout, .deadlineExceeded, .outOfMemory, .overloaded,
            .rateLimited, .tooManyConnections:
            limit
        case .noDefaultModel(let served): noDefaultModel(served)
        case .unknownModel(let name):
            Wire(
                .notFound, "unknown-model", "Unknown model",
                "No model is named '\(name)'; GET /models lists them.")
        case .unknownVersion(let model, let version):
            Wire(
                .notFound, "unknown-version", "Unknown version",
                "Model '\(model)' has no version '\(version)'.")
        case .unknownAlias(let model, let alias):
            Wire(
                .notFound, "unknown-alias", "Unknown alias",
                "Model '\(model)' has no alias '\(alias)'.")
        case .versionNotLoaded(let model, let version, let reason):
            Wire(
                .notFound, "version-not-loaded", "Version not loaded",
                "Version \(version) of model '\(model)' is registered but not served: \(reason)")
        case .modelNotServed(let model, let reason):
            Wire(
                .serviceUnavailable, "model-not-served", "Model not served",
                "Model '\(model)' cannot answer now: \(reason)")
        case .unknownArm(let name):
            Wire(
                .unprocessableContent, "unknown-arm", "Unknown arm",
                "The rollout has no arm '\(name)'.")
        case .rollout(let problem): problem.wire
        case .driftIsNotWatched:
            Wire(
                .notFound, "drift-not-watched", "Drift not watched",
                "This server watches no version for drift, by drift-window-rows.")
        case .noFeedbackStore, .feedbackStoreUnavailable, .malformedLabel: feedback
        case .input(let problem): problem.wire
        }
    }

    /// What a client meets when there is too much to do.
    private var limit: Wire {
        switch self {
        case .malformedRequestTimeout:
            Wire(
                .badRequest, "malformed-request-timeout", "Malformed request timeout",
                "X-Request-Timeout-Ms and Request-Timeout take a whole number, of milliseconds and seconds."
            )
        case .deadlineExceeded:
            Wire(
                .gatewayTimeout, "deadline-exceeded", "Deadline exceeded",
                "The time that the request allows passed before work on it could begin.")
        case .outOfMemory:
            Wire(
                .serviceUnavailable, "out-of-memory", "Out of memory",
                "No memory is left to decompress the body; try again.")
        case .overloaded(let seconds):
            Wire(
                .tooManyRequests, "overloaded", "Overloaded",
                "The work that waits is more than this server lets in; try again in \(seconds) s.")
        case .rateLimited(let seconds):
            Wire(
                .tooManyRequests, "rate-limited", "Rate limited",
                "This client has made its share of requests; try again in \(seconds) s.")
        default:
            Wire(
                .serviceUnavailable, "too-many-connections", "Too many connections",
                "This connection was only accepted for probes and scrapes.")
        }
    }

    /// What a client meets that sends labels.
    private var feedback: Wire {
        switch self {
        case .feedbackStoreUnavailable(let reason):
            Wire(
                .serviceUnavailable, "feedback-store-unavailable", "Feedback store unavailable",
                "The label could not be kept: \(reason).")
        case .malformedLabel(let reason, let path):
            Wire(.unprocessableContent, "malformed-label", "Malformed label", "\(reason).", path)
        default:
            Wire(
                .notFound, "no-feedback-store", "No feedback store",
                "This server keeps no predictions for labels; --feedback-store makes it.")
        }
    }

    /// After how many seconds to try again, where that is known.
    var retryAfterSeconds: Int? {
        switch self {
        case .overloaded(let seconds), .rateLimited(let seconds): seconds
        case .modelNotServed, .noDefaultModel(served: []), .outOfMemory, .tooManyConnections: 1
        default: nil
        }
    }

    private func noDefaultModel(_ served: [String]) -> Wire {
        served.isEmpty
            ? Wire(
                .serviceUnavailable, "no-model-served", "No model served",
                "No model is served yet; GET /readyz says why.")
            : Wire(
                .notFound, "no-default-model", "No default model",
                "Several models are served; ask /models/{model}/predict for one of: "
                    + served.joined(separator: ", ") + ".")
    }
}

extension Problem.Credentials {
    var fault: String {
        switch self {
        case .missing: "Send Authorization: Bearer with a token, or show a certificate."
        case .malformed: "Authorization: Bearer is not followed by one token."
        case .unknown: "The token, or the certificate, is none that this server knows."
        case .expired: "The token, or the certificate, is over."
        }
    }

    /// What `WWW-Authenticate` says (RFC 6750 section 3): an error only to who has tried.
    var challenge: StaticString {
        switch self {
        case .missing: "Bearer realm=\"martlet\""
        case .malformed, .unknown, .expired: "Bearer realm=\"martlet\", error=\"invalid_token\""
        }
    }
}
