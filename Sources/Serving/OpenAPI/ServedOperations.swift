// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON

/// The operations of the versions that are loaded: those of the templates, at paths of their own
/// and with schemas of their own.
enum ServedOperations {
    /// Every loaded version, those too that only an alias keeps.
    static func versions(_ set: ServingSet) -> [ServedModel] {
        set.entries.flatMap { entry in
            let aliased = entry.aliases.values.filter { entry.versions[$0.version] == nil }
            let versions = Array(entry.versions.values) + aliased
            return versions.sorted { $0.version < $1.version }
        }
    }

    static func all(_ set: ServingSet) -> [Operation] {
        let templates = Operations.predictions
        return set.entries.flatMap { entry -> [Operation] in
            let name = entry.name
            var operations: [Operation] = []
            if let primary = entry.primary {
                operations.append(
                    operation(
                        templates[1], "/models/\(name)/predict", "predictModel.\(name)",
                        "Ask \(name)", primary))
            }
            for (version, served) in entry.versions.sorted(by: { $0.key < $1.key }) {
                operations.append(
                    operation(
                        templates[2], "/models/\(name)/versions/\(version)/predict",
                        "predictVersion.\(name).\(version)", "Ask version \(version) of \(name)",
                        served))
            }
            for (alias, served) in entry.aliases.sorted(by: { $0.key < $1.key }) {
                operations.append(
                    operation(
                        templates[3], "/models/\(name)/aliases/\(alias)/predict",
                        "predictAlias.\(name)@\(alias)", "Ask \(alias) of \(name)", served))
            }
            return operations
        }
    }

    private static func operation(
        _ template: Operation, _ path: String, _ id: String, _ summary: String,
        _ served: ServedModel
    ) -> Operation {
        var operation = adapted(template, to: served)
        operation.path = path
        operation.id = id
        operation.summary = summary
        let places = ["model", "version", "alias"]
        operation.parameters.removeAll(where: places.contains)
        return operation
    }

    /// The same operation, by the schemas of a version.
    static func adapted(_ operation: Operation, to served: ServedModel) -> Operation {
        let suffix = PredictionSchemas.suffix(of: served)
        var adapted = operation
        adapted.body = OpenAPIDocument.reference("requestBodies", "Request.\(suffix)")
        adapted.answers = operation.answers.map { answer in
            Operation.Answer(
                status: answer.status, description: answer.description,
                schema: JSONSchema.reference("Answer.\(suffix)"), fields: answer.fields)
        }
        return adapted
    }

    static func body(of served: ServedModel) -> JSONValue.Member {
        let suffix = PredictionSchemas.suffix(of: served)
        let media: JSONValue = [
            "schema": JSONSchema.reference("Request.\(suffix)"),
            "examples": ServedExamples(served).json,
        ]
        return .init(
            name: "Request.\(suffix)",
            value: [
                "description": .string("Rows for version \(served.version) of \(served.name)."),
                "required": true, "content": ["application/json": media],
            ])
    }

    /// Beginning a rollout, with an example of one that could be begun now.
    static func adapted(_ operation: Operation, to set: ServingSet) -> Operation {
        let busy = set.rollouts.map(\.stable.served.name)
        let candidates = set.entries.lazy.filter { !busy.contains($0.name) }.compactMap { entry in
            let stable = entry.registeredAliases["production"]
            let newest = entry.versions.keys.max()
            return newest == stable || stable == nil ? nil : newest.map { (entry.name, $0) }
        }
        guard let (name, version) = candidates.first(where: { _ in true }) else { return operation }
        let example: JSONValue = [
            "model": .string(name), "candidate": .integer(version),
        ]
        let media: JSONValue = [
            "schema": JSONSchema.reference("RolloutOrder"),
            "examples": ["candidate": ["value": example]],
        ]
        var adapted = operation
        adapted.body = ["required": true, "content": ["application/json": media]]
        return adapted
    }
}
