// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// Everything that can keep a request from its answer, as facts.
///
/// Each is answered as `application/problem+json` (RFC 9457). A client's mistake is 4xx: 400 where
/// the text is not JSON or not HTTP that fits, 422 where it is JSON of the wrong shape.
enum Problem: Error, Equatable, Sendable {
    case noSuchRoute
    case methodNotAllowed(allowed: AllowedMethods)
    case unsupportedMediaType
    case unsupportedContentCoding
    case malformedPath
    case input(InputProblem)
    case noDefaultModel(served: [String])
    case unknownModel(String)
    case unknownVersion(String, version: String)
    case unknownAlias(String, alias: String)
    case versionNotLoaded(String, version: Int, reason: String)
    case modelNotServed(String, reason: String)

    /// The methods of a route, in the order of `Allow`.
    enum AllowedMethods: String, Sendable {
        case get = "GET, HEAD"
        case post = "POST"
    }
}

/// What of a problem goes over the wire.
extension Problem {
    struct Wire {
        let status: HTTPStatus
        /// The last part of `type`, stable for programs to compare.
        let slug: String
        let title: String
        let detail: String
        /// JSON path (RFC 9535) of the value at fault.
        var path: String?
    }

    var wire: Wire {
        switch self {
        case .noSuchRoute:
            Wire(.notFound, "no-such-route", "No such route", "Nothing is served at this path.")
        case .methodNotAllowed(let allowed):
            Wire(
                .methodNotAllowed, "method-not-allowed", "Method not allowed",
                "This path takes \(allowed.rawValue).")
        case .unsupportedMediaType:
            Wire(
                .unsupportedMediaType, "unsupported-media-type", "Unsupported media type",
                "Send Content-Type: application/json (UTF-8).")
        case .unsupportedContentCoding:
            Wire(
                .unsupportedMediaType, "unsupported-content-coding", "Unsupported content coding",
                "Send the body without Content-Encoding.")
        case .malformedPath:
            Wire(
                .badRequest, "malformed-path", "Malformed path",
                "The path holds a percent escape that is not valid.")
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
        case .input(let problem): problem.wire
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

extension Problem.Wire {
    init(
        _ status: HTTPStatus, _ slug: String, _ title: String, _ detail: String,
        _ path: String? = nil
    ) {
        self.init(status: status, slug: slug, title: title, detail: detail, path: path)
    }
}
