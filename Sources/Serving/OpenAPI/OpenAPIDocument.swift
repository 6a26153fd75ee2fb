// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON

/// The API of a server as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1): every route that the
/// address serves, and for each version that is loaded its own paths with its own inputs.
struct OpenAPIDocument {
    private let set: ServingSet
    private let surface: ServiceSurface
    private let access: AccessRules
    private var problems = ProblemResponses()
    private var paths: [JSONValue.Member] = []

    init(_ set: ServingSet, surface: ServiceSurface, access: AccessRules) {
        self.set = set
        self.surface = surface
        self.access = access
    }

    /// What it depends on, the versions of its set apart.
    var key: OpenAPICache.Key {
        var guardsPredictions = true
        if case .roles(let control) = access { guardsPredictions = control.guardsPredictions }
        return OpenAPICache.Key(
            surface: surface, guardsPredictions: guardsPredictions,
            busyModels: set.rollouts.map(\.stable.served.name))
    }

    static func reference(_ kind: String, _ name: String) -> JSONValue {
        ["$ref": .string("#/components/\(kind)/\(name)")]
    }

    mutating func json() -> JSONValue {
        let operations = Operations.all.map(adapted) + ServedOperations.all(set)
        for path in Self.paths(operations) { append(path) }
        return [
            "openapi": "3.1.1",
            "info": [
                "title": "Martlet", "version": .string("1"),
                "summary": "Predictions of the models in a registry.",
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/"]],
            "tags": .array(Operation.Tag.allCases.map { ["name": .string($0.rawValue)] }),
            "paths": .object(paths), "components": components(),
        ]
    }

    /// The operation as it is with the models that are served: the default model has a schema.
    private func adapted(_ operation: Operation) -> Operation {
        switch operation.route {
        case .predict:
            set.defaultModel.map { ServedOperations.adapted(operation, to: $0) } ?? operation
        case .rollouts where operation.method == .post:
            ServedOperations.adapted(operation, to: set)
        default: operation
        }
    }

    private typealias Path = (path: String, route: Route, operations: [Operation])

    /// The operations by path, in their order; those of no route are left out.
    private static func paths(_ operations: [Operation]) -> [Path] {
        var paths: [Path] = []
        var places: [String: Int] = [:]
        for operation in operations {
            if let place = places[operation.path] {
                paths[place].operations.append(operation)
            } else if let route = operation.route {
                places[operation.path] = paths.count
                paths.append((operation.path, route, [operation]))
            }
        }
        return paths
    }

    private mutating func append(_ path: Path) {
        guard path.route.isServed(at: surface) else { return }
        let shared = Self.parameters(inPathOf: path) + ["X-Request-Id", "traceparent"]
        var members: [JSONValue.Member] = [
            .init(
                name: "parameters",
                value: .array(shared.map { Self.reference("parameters", $0) }))
        ]
        for operation in path.operations {
            let name = operation.method == .post ? "post" : "get"
            members.append(.init(name: name, value: json(of: operation, path.route)))
            if operation.method == .get {
                var head = operation
                head.id += ".head"
                head.summary += ", without a body"
                members.append(.init(name: "head", value: json(of: head, path.route, isHead: true)))
            }
        }
        members.append(.init(name: "options", value: options(path)))
        paths.append(.init(name: path.path, value: .object(members)))
    }

    private static func parameters(inPathOf path: Path) -> [String] {
        path.operations[0].parameters.filter { path.path.contains("{\($0)}") }
    }

    private mutating func json(
        of operation: Operation, _ route: Route, isHead: Bool = false
    ) -> JSONValue {
        let common = Operation.commonProblems(of: route, by: operation.method)
        var members: [JSONValue.Member] = [
            .init(name: "operationId", value: .string(operation.id)),
            .init(name: "tags", value: [.string(operation.tag.rawValue)]),
            .init(name: "summary", value: .string(operation.summary)),
        ]
        if !operation.description.isEmpty {
            members.append(.init(name: "description", value: .string(operation.description)))
        }
        let own = operation.parameters.filter { !operation.path.contains("{\($0)}") }
        if !own.isEmpty {
            let parameters = own.map { Self.reference("parameters", $0) }
            members.append(.init(name: "parameters", value: .array(parameters)))
        }
        if let body = operation.body { members.append(.init(name: "requestBody", value: body)) }
        var responses: [JSONValue.Member] = operation.answers.map { answer in
            .init(
                name: "\(answer.status.code)", value: Self.json(of: answer, isHead: isHead))
        }
        for (status, reference) in problems.responses(
            to: operation.problems + common, of: operation.id)
        {
            let name = "\(status.code)"
            guard !responses.contains(where: { $0.name == name }) else { continue }
            responses.append(.init(name: name, value: reference))
        }
        members.append(.init(name: "responses", value: .object(responses)))
        members.append(.init(name: "security", value: security(route, operation.method)))
        return .object(members)
    }

    private static func json(of answer: Operation.Answer, isHead: Bool) -> JSONValue {
        let fields = (["X-Request-Id"] + answer.fields).map(ResponseFields.member)
        var members: [JSONValue.Member] = [
            .init(name: "description", value: .string(answer.description)),
            .init(name: "headers", value: .object(fields)),
        ]
        if !isHead {
            let content = answer.contentTypes.map { type in
                JSONValue.Member(name: type, value: ["schema": answer.schema])
            }
            members.append(.init(name: "content", value: .object(content)))
        }
        if !answer.links.isEmpty {
            members.append(.init(name: "links", value: .object(answer.links)))
        }
        return .object(members)
    }

    /// Takes no role, and tells nothing but the methods.
    private mutating func options(_ path: Path) -> JSONValue {
        let id = path.operations[0].id + ".options"
        let fields = ["X-Request-Id", "Allow"].map(ResponseFields.member)
        let found = problems.responses(
            to: path.route.isForOperators ? [] : Problem.limits, of: id)
        let responses = found.map { status, reference in
            JSONValue.Member(name: "\(status.code)", value: reference)
        }
        let allowed: JSONValue = [
            "description": "The methods that the path takes.", "headers": .object(fields),
        ]
        // It looks for nothing, so whatever may stand in a path at all will do.
        let parameters = Self.parameters(inPathOf: path).map { name -> JSONValue in
            [
                "name": .string(name), "in": "path", "required": true,
                "schema": ["type": "string", "pattern": "^[^\\u0000-\\u001f\\u007f]+$"],
            ]
        }
        return [
            "operationId": .string(id),
            "tags": [.string(path.operations[0].tag.rawValue)],
            "summary": "What the path takes", "parameters": .array(parameters),
            "responses": .object([.init(name: "204", value: allowed)] + responses),
            "security": [],
        ]
    }

    /// The role that a caller has to have, by a token or by a certificate; none where the server
    /// asks nobody who they are.
    private func security(_ route: Route, _ method: HTTPMethod) -> JSONValue {
        guard let role = route.requiredRole(for: method) else { return [] }
        switch access {
        case .open: return []
        case .readAndPredict where role == .viewer || role == .predictor: return []
        case .roles(let control) where role == .predictor && !control.guardsPredictions: return []
        case .readAndPredict, .roles:
            return .array(
                Self.schemes.map { .object([.init(name: $0, value: [.string(role.rawValue)])]) })
        }
    }

    private static let schemes = ["bearer", "certificate"]

    private func components() -> JSONValue {
        let served = ServedOperations.versions(set)
        let schemas =
            DocumentSchemas.all + ProblemResponses.schemas
            + served.flatMap(PredictionSchemas.members)
        return [
            "schemas": .object(schemas), "responses": .object(problems.members),
            "headers": .object(ResponseFields.all),
            "parameters": .object(RequestParameters.all),
            "requestBodies": .object(served.map(ServedOperations.body)),
            "securitySchemes": [
                "bearer": [
                    "type": "http", "scheme": "bearer",
                    "description": "A token that the tokens file names.",
                ],
                "certificate": [
                    "type": "mutualTLS",
                    "description": "A client certificate that the tokens file names.",
                ],
            ],
        ]
    }
}
