// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON

/// The responses that are problems: one component for each set of types that a status can have
/// somewhere, named by its type if there is one, else by the first operation that gives it.
struct ProblemResponses {
    private(set) var members: [JSONValue.Member] = []
    private var names: [String: String] = [:]

    /// What is refused before it is a request (`HTTPParseError`), by status.
    private static let refusals: [(status: HTTPStatus, slugs: [String])] = {
        let errors = HTTPParseError.allCases
        return HTTPStatus.allCases.compactMap { status in
            let slugs = errors.filter { $0.status == status }.map(\.slug)
            return slugs.isEmpty ? nil : (status, slugs)
        }
    }()

    /// The types of messages that are no requests.
    static var schemas: [JSONValue.Member] {
        refusals.map { .init(name: "Refusal.\($0.status.code)", value: types($0.slugs)) }
    }

    /// The responses of an operation, by status.
    mutating func responses(
        to problems: [Problem], of id: String
    ) -> [(status: HTTPStatus, reference: JSONValue)] {
        var slugs: [HTTPStatus: [String]] = [:]
        for problem in problems {
            let wire = problem.wire
            if slugs[wire.status]?.contains(wire.slug) != true {
                slugs[wire.status, default: []].append(wire.slug)
            }
        }
        return HTTPStatus.allCases.compactMap { status in
            let own = slugs[status] ?? []
            guard !own.isEmpty || Self.isRefusal(status) else { return nil }
            return (status, OpenAPIDocument.reference("responses", name(status, own, id)))
        }
    }

    private static func isRefusal(_ status: HTTPStatus) -> Bool {
        refusals.contains { $0.status == status }
    }

    private mutating func name(_ status: HTTPStatus, _ slugs: [String], _ id: String) -> String {
        let key = "\(status.code) \(slugs.joined(separator: " "))"
        if let name = names[key] { return name }
        let name =
            switch slugs.count {
            case 0: "Refusal.\(status.code)"
            case 1: slugs[0]
            default: "\(id).\(status.code)"
            }
        names[key] = name
        members.append(.init(name: name, value: Self.response(status, slugs)))
        return name
    }

    private static func response(_ status: HTTPStatus, _ slugs: [String]) -> JSONValue {
        var alternatives: [JSONValue] = slugs.isEmpty ? [] : [types(slugs)]
        if isRefusal(status) {
            alternatives.append(JSONSchema.reference("Refusal.\(status.code)"))
        }
        let own: JSONValue = [
            "properties": [
                "type": alternatives.count == 1
                    ? alternatives[0] : JSONSchema.any(of: alternatives),
                "status": ["const": .integer(status.code)],
            ]
        ]
        let schema: JSONValue = ["allOf": [JSONSchema.reference("Problem"), own]]
        let list = slugs.isEmpty ? "a message that is no request" : slugs.joined(separator: ", ")
        return [
            "description": .string("\(status.reasonPhrase): \(list)."),
            "headers": .object(fields(status)),
            "content": ["application/problem+json": ["schema": schema]],
        ]
    }

    private static func types(_ slugs: [String]) -> JSONValue {
        JSONSchema.names(slugs.map { "urn:martlet:problem:\($0)" })
    }

    /// What each answer of that status has; an optional field may be missing from some.
    private static func fields(_ status: HTTPStatus) -> [JSONValue.Member] {
        let names =
            switch status {
            case .unauthorized: ["X-Request-Id", "WWW-Authenticate"]
            case .forbidden: ["X-Request-Id", "WWW-Authenticate.optional"]
            case .methodNotAllowed: ["X-Request-Id", "Allow"]
            case .tooManyRequests: ["X-Request-Id", "Retry-After"]
            // A connection may be turned away before anything of it has been read.
            case .serviceUnavailable: ["X-Request-Id.optional", "Retry-After.optional"]
            default: [isRefusal(status) ? "X-Request-Id.optional" : "X-Request-Id"]
            }
        return names.map(ResponseFields.member)
    }
}
