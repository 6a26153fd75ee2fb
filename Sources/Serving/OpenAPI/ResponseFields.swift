// SPDX-License-Identifier: Apache-2.0
import JSON

/// The fields of requests and answers, as components.
enum ResponseFields {
    /// Those that some answers of a status lack are there twice, once as optional.
    static var all: [JSONValue.Member] {
        [
            field("X-Request-Id", "The client's name for the request, or a new one."),
            field("X-Request-Id", "The client's name for the request, or a new one.", false),
            field("WWW-Authenticate", "A challenge by RFC 6750."),
            field("WWW-Authenticate", "A challenge by RFC 6750, where a role is missing.", false),
            field("Allow", "What the path takes."),
            field("Retry-After", "After how many seconds to try again.", schema: JSONSchema.count),
            field(
                "Retry-After", "After how many seconds to try again, where that is known.", false,
                schema: JSONSchema.count),
            field("Location", "The path of what was made."),
            field("X-Martlet-Arm", "The arm that has answered, in a rollout.", false),
        ]
    }

    private static func field(
        _ name: String, _ description: String, _ isRequired: Bool = true,
        schema: JSONValue = JSONSchema.string
    ) -> JSONValue.Member {
        .init(
            name: isRequired ? name : "\(name).optional",
            value: [
                "description": .string(description), "required": .boolean(isRequired),
                "schema": schema,
            ])
    }

    /// The member of `headers` that refers to the component of that name.
    static func member(_ component: String) -> JSONValue.Member {
        let name = component.split(separator: ".").first.map(String.init) ?? component
        return .init(name: name, value: OpenAPIDocument.reference("headers", component))
    }
}

/// The parameters of operations, as components.
enum RequestParameters {
    static var all: [JSONValue.Member] {
        let name = JSONSchema.string.with("pattern", "^[a-z0-9][a-z0-9._-]{0,127}$")
        let alias = JSONSchema.string.with("pattern", "^[a-z0-9][a-z0-9._-]{0,63}$")
        return [
            parameter("model", "path", "A model's name.", name),
            parameter("version", "path", "A version's number.", JSONSchema.version),
            parameter("alias", "path", "An alias of the model.", alias),
            parameter("id", "path", "A rollout's number.", JSONSchema.version),
            parameter(
                "X-Request-Id", "header",
                """
                The client's name for the request: 1 to 128 visible ASCII characters without " \
                and \\. Anything else is passed over.
                """, JSONSchema.string),
            parameter(
                "traceparent", "header", "W3C Trace Context; passed over where it is malformed.",
                JSONSchema.string),
            parameter(
                "X-Request-Timeout-Ms", "header",
                "How many milliseconds the client waits for its work to begin; 0 is 504 at once.",
                timeout),
            parameter(
                "Request-Timeout", "header",
                "The same in seconds, passed over beside X-Request-Timeout-Ms.", timeout),
            parameter(
                "X-Martlet-Key", "header",
                "The unit that a rollout keeps on one version, where the body names none.",
                JSONSchema.string),
            parameter(
                "X-Martlet-Arm", "header",
                """
                The arm of a rollout that is to answer, by its name or its version; takes the \
                role operator. Without a rollout it says nothing.
                """, JSONSchema.string),
        ]
    }

    private static let timeout: JSONValue = [
        "type": "integer", "minimum": 0, "maximum": 999_999_999,
    ]

    private static func parameter(
        _ name: String, _ location: String, _ description: String, _ schema: JSONValue
    ) -> JSONValue.Member {
        .init(
            name: name,
            value: [
                "name": .string(name), "in": .string(location),
                "description": .string(description), "required": .boolean(location == "path"),
                "schema": schema,
            ])
    }
}
