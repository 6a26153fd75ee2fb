// SPDX-License-Identifier: Apache-2.0
import JSON

/// Schemas of JSON Schema 2020-12, the dialect of OpenAPI 3.1, as documents.
///
/// Objects that clients send are closed: an unknown member is refused. Those that the server sends
/// are open: a later version may say more.
enum JSONSchema {
    typealias Members = KeyValuePairs<String, JSONValue>

    static let string: JSONValue = ["type": "string"]
    static let boolean: JSONValue = ["type": "boolean"]
    static let number: JSONValue = ["type": "number"]
    static let integer: JSONValue = ["type": "integer"]
    static let count: JSONValue = ["type": "integer", "minimum": 0]
    static let moment: JSONValue = ["type": "string", "format": "date-time"]

    /// A version's number.
    static let version: JSONValue = [
        "type": "integer", "minimum": 1, "maximum": .integer(.max), "format": "int64",
    ]

    static func names(_ values: [String]) -> JSONValue {
        ["type": "string", "enum": .array(values.map { .string($0) })]
    }

    /// The same type, or null.
    static func optional(_ schema: JSONValue) -> JSONValue {
        ["anyOf": [schema, ["type": "null"]]]
    }

    static func array(of element: JSONValue) -> JSONValue {
        ["type": "array", "items": element]
    }

    /// An object with whatever members, all of one kind.
    static func map(of value: JSONValue) -> JSONValue {
        ["type": "object", "additionalProperties": value]
    }

    static func any(of schemas: [JSONValue]) -> JSONValue {
        ["anyOf": .array(schemas)]
    }

    /// A component of the same document.
    static func reference(_ name: String) -> JSONValue {
        OpenAPIDocument.reference("schemas", name)
    }

    static func object(_ required: Members, optional: Members = [:]) -> JSONValue {
        object(members(required), members(optional))
    }

    static func object(
        _ required: [JSONValue.Member], _ optional: [JSONValue.Member]
    ) -> JSONValue {
        object(required, optional, [])
    }

    static func closedObject(_ required: Members, optional: Members = [:]) -> JSONValue {
        closedObject(members(required), members(optional))
    }

    static func closedObject(
        _ required: [JSONValue.Member], _ optional: [JSONValue.Member] = []
    ) -> JSONValue {
        object(required, optional, [.init(name: "additionalProperties", value: false)])
    }

    private static func members(_ pairs: Members) -> [JSONValue.Member] {
        pairs.map { .init(name: $0.key, value: $0.value) }
    }

    private static func object(
        _ required: [JSONValue.Member], _ optional: [JSONValue.Member],
        _ rest: [JSONValue.Member]
    ) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init(name: "type", value: "object"),
            .init(name: "properties", value: .object(required + optional)),
        ]
        if !required.isEmpty {
            members.append(
                .init(name: "required", value: .array(required.map { .string($0.name) })))
        }
        return .object(members + rest)
    }
}

extension JSONValue {
    /// A schema with what people and generators want to know besides.
    func with(_ name: String, _ value: JSONValue) -> JSONValue {
        .object((members ?? []) + [.init(name: name, value: value)])
    }

    func described(_ text: String) -> JSONValue { with("description", .string(text)) }
}
