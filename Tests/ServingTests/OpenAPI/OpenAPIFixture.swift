// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Telemetry
import Testing

@testable import Serving

/// A document of a service with some models, read like a client reads it.
struct OpenAPIFixture {
    static let methods = ["get", "head", "post", "options"]

    struct Operation {
        let path: String
        let method: String
        let json: JSONValue

        /// The path with something in the place of its parameters.
        var example: String { OpenAPIFixture.example(path) }
    }

    static func example(_ path: String) -> String {
        path.replacing("{model}", with: "m").replacing("{version}", with: "1")
            .replacing("{alias}", with: "production").replacing("{id}", with: "7")
    }

    let service: ServingFixture
    let document: JSONValue

    init(_ change: (inout ServiceContext) -> Void = { _ in }) throws {
        service = try ServingFixture(change)
        try service.publish()
        // One that no alias names: the newest is loaded too.
        try service.publish(intercept: 0.75, alias: nil)
        let value = try #require(
            ServingFixture.model(intercept: 1, output: .regression))
        _ = try service.publish(bytes: value.artifact, "value")
        service.watch()
        document = try service.get("/openapi.json").json
    }

    /// What a document of the service says that was read otherwise.
    init(service: ServingFixture, document: JSONValue) {
        self.service = service
        self.document = document
    }

    static func full() throws -> OpenAPIFixture { try OpenAPIFixture() }

    var paths: [JSONValue.Member] { document["paths"]?.members ?? [] }

    var operations: [Operation] {
        paths.flatMap { path in
            Self.methods.compactMap { method in
                path.value[method].map { Operation(path: path.name, method: method, json: $0) }
            }
        }
    }

    /// What a reference, or a chain of them, stands for; the value itself where it is none.
    func resolved(_ value: JSONValue) -> JSONValue? {
        guard let reference = value["$ref"]?.string else { return value }
        guard reference.hasPrefix("#/") else { return nil }
        var found = document
        for part in reference.dropFirst(2).split(separator: "/") {
            guard let next = found[String(part)] else { return nil }
            found = next
        }
        return resolved(found)
    }

    /// Every value of the document.
    static func walk(_ value: JSONValue, _ visit: (JSONValue) -> Void) {
        visit(value)
        for element in value.array ?? [] { walk(element, visit) }
        for member in value.members ?? [] { walk(member.value, visit) }
    }

    /// `status type` for each problem that an operation's responses name.
    func problems(of operation: Operation) -> Set<String> {
        var found: Set<String> = []
        for response in operation.json["responses"]?.members ?? [] {
            let content = resolved(response.value)?["content"]
            guard let schema = content?["application/problem+json"]?["schema"] else { continue }
            add(schema, status: response.name, to: &found)
        }
        return found
    }

    private func add(_ schema: JSONValue, status: String, to found: inout Set<String>) {
        let prefix = "urn:martlet:problem:"
        Self.walk(schema) { value in
            if value["$ref"] != nil, let target = resolved(value) {
                add(target, status: status, to: &found)
            } else if let text = value.string, text.hasPrefix(prefix) {
                found.insert("\(status) \(text.dropFirst(prefix.count))")
            }
        }
    }
}
