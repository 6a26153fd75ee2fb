// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON

/// One method of one path, as the document has it.
///
/// What the route itself knows is not said again: its methods, its role and where it is served.
struct Operation {
    /// What it answers if nothing is wrong.
    struct Answer {
        let status: HTTPStatus
        let description: String
        var contentTypes = ["application/json"]
        let schema: JSONValue
        /// Beside `X-Request-Id`.
        var fields: [String] = []
        /// What can be asked next with what it says, by the identifiers of operations.
        var links: [JSONValue.Member] = []
    }

    enum Tag: String, CaseIterable {
        case predictions = "Predictions"
        case feedback = "Feedback"
        case models = "Models"
        case rollouts = "Rollouts"
        case health = "Health"
        case documentation = "Documentation"
    }

    /// Names the operation, and what it alone answers with.
    var id: String
    var path: String
    let method: HTTPMethod
    let tag: Tag
    var summary: String
    var description = ""
    /// Names of components.
    var parameters: [String] = []
    /// A request body, or a reference to one.
    var body: JSONValue?
    var answers: [Answer]
    /// What no other route gives; `commonProblems` has the rest.
    var problems: [Problem] = []

    /// - Returns: `nil` for a path that is none of the API's.
    var route: Route? {
        let bytes = Array(path.utf8)
        let text = bytes.span
        return Route(0..<text.count, in: text)
    }

    init(
        _ method: HTTPMethod, _ path: String, _ id: String, _ tag: Tag, _ summary: String,
        description: String = "", _ answers: [Answer], parameters: [String] = [],
        body: JSONValue? = nil, problems: [Problem] = []
    ) {
        self.id = id
        self.path = path
        self.method = method
        self.tag = tag
        self.summary = summary
        self.description = description
        self.answers = answers
        self.parameters = parameters
        self.body = body
        self.problems = problems
    }

    /// What `Service` asks of a request before its route answers.
    static func commonProblems(of route: Route, by method: HTTPMethod) -> [Problem] {
        var problems: [Problem] = [.methodNotAllowed(allowed: route.allowed)]
        if !route.isForOperators { problems += Problem.limits }
        if let role = route.requiredRole(for: method) {
            problems += [.unauthenticated(.missing), .forbidden(role)]
        }
        if route.isOrder(by: method) { problems.append(.crossSite) }
        switch route {
        case .livez, .readyz, .healthz: break
        default: problems.append(.notAcceptable)
        }
        return problems
    }
}

extension Operation.Answer {
    static func ok(
        _ description: String, _ component: String, fields: [String] = []
    ) -> Self {
        Self(
            status: .ok, description: description, schema: JSONSchema.reference(component),
            fields: fields)
    }

    static func file(_ description: String, _ contentType: HTTPResponse.ContentType) -> Self {
        Self(
            status: .ok, description: description, contentTypes: [contentType.documentedType],
            schema: JSONSchema.string)
    }
}

extension HTTPResponse.ContentType {
    /// The type alone, as a document names it: a reader compares no parameters.
    var documentedType: String { "\(value)".split(separator: ";").first.map(String.init) ?? "" }
}
