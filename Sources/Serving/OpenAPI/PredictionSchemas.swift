// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

/// Schemas of predictions: of any version, and of one that is served.
enum PredictionSchemas {
    private typealias Schema = JSONSchema

    /// What is true of every version, for routes whose model is not known beforehand.
    static var all: [JSONValue.Member] {
        let value: JSONValue = ["type": ["number", "string", "null"]]
        let row = Schema.any(of: [
            Schema.array(of: value).with("minItems", 1), Schema.map(of: value),
        ])
        return [
            .init(name: "Features", value: row.described("A row by position or by name.")),
            .init(name: "Request", value: request(Schema.reference("Features"), isExplained: true)),
            .init(
                name: "Answer",
                value: answer(
                    model: Schema.string,
                    [
                        .init(name: "prediction", value: ["type": ["string", "number"]])
                    ],
                    [
                        .init(name: "probabilities", value: Schema.map(of: Schema.number)),
                        .init(name: "distances", value: Schema.array(of: Schema.number)),
                    ])),
            .init(
                name: "Explanation",
                value: Schema.object([
                    "base": Schema.number, "contributions": Schema.map(of: Schema.number),
                ])),
        ]
    }

    /// The rows, the requests and the answers of one version.
    static func members(of served: ServedModel) -> [JSONValue.Member] {
        let suffix = suffix(of: served)
        let row = Schema.any(of: [
            byPosition(served.model.schema), byName(served.model.schema),
        ])
        let isExplained = served.model.isExplainable
        return [
            .init(name: "Features.\(suffix)", value: row),
            .init(
                name: "Request.\(suffix)",
                value: request(Schema.reference("Features.\(suffix)"), isExplained: isExplained)),
            .init(
                name: "Answer.\(suffix)",
                value: answer(
                    model: ["const": .string(served.name)], result(served.model.output), [])),
        ]
    }

    /// What sets the components of a version apart: names are of lower case and digits, and a
    /// number follows the last dot, so no two are alike.
    static func suffix(of served: ServedModel) -> String { "\(served.name).\(served.version)" }

    // Made once: a model may have a thousand of them.
    private static let number: [JSONValue.Member] = [
        .init(name: "type", value: ["number", "null"])
    ]
    private static let text: [JSONValue.Member] = [
        .init(name: "type", value: ["string", "null"])
    ]
    private static let numberSchema = JSONValue.object(number)

    /// A category that training has not seen is no error, so a schema lists none: it shows some.
    private static func type(_ feature: Feature) -> [JSONValue.Member] {
        switch feature.kind {
        case .number: return number
        case .text: return text
        case .category(let dictionary):
            let values = dictionary.values.prefix(4).map { JSONValue.string($0) }
            return text
                + (values.isEmpty ? [] : [.init(name: "examples", value: .array(values))])
        }
    }

    private static func byPosition(_ schema: FeatureSchema) -> JSONValue {
        let items = schema.features.map { feature in
            JSONValue.object(
                [.init(name: "title", value: .string(feature.name))] + type(feature))
        }
        return [
            "type": "array", "prefixItems": .array(items), "items": false,
            "minItems": .integer(items.count), "maxItems": .integer(items.count),
        ]
    }

    private static func byName(_ schema: FeatureSchema) -> JSONValue {
        Schema.closedObject(
            schema.features.map { feature in
                let isNumber = feature.kind == .number
                return .init(
                    name: feature.name, value: isNumber ? numberSchema : .object(type(feature)))
            })
    }

    private static func request(_ row: JSONValue, isExplained: Bool) -> JSONValue {
        let explain: JSONValue = isExplained ? Schema.boolean : ["const": false]
        let optional: [JSONValue.Member] = [
            .init(
                name: "explain",
                value: explain.described("Adds what each feature contributed to the margin.")),
            .init(
                name: "key",
                value: Schema.string.described("The unit that a rollout keeps on one version.")),
        ]
        let rows = Schema.array(of: row).with("minItems", 1)
        return Schema.any(of: [
            Schema.closedObject([.init(name: "features", value: row)], optional),
            Schema.closedObject([.init(name: "instances", value: rows)], optional),
        ])
    }

    private static func result(_ output: Output) -> [JSONValue.Member] {
        switch output.task {
        case .regression: return [.init(name: "prediction", value: Schema.number)]
        case .clusters:
            let nearest = Schema.count.described("The number of the nearest centre.")
            return [
                .init(name: "prediction", value: nearest),
                .init(name: "distances", value: Schema.array(of: Schema.number)),
            ]
        case .binary(let labels), .multiclass(let labels):
            return [
                .init(name: "prediction", value: Schema.names(labels)),
                .init(
                    name: "probabilities",
                    value: Schema.closedObject(
                        labels.map { .init(name: $0, value: Schema.number) })),
            ]
        }
    }

    private static func answer(
        model: JSONValue, _ required: [JSONValue.Member], _ optional: [JSONValue.Member]
    ) -> JSONValue {
        let explanation = JSONValue.Member(
            name: "explanation", value: Schema.reference("Explanation"))
        let about: [JSONValue.Member] = [
            .init(name: "model", value: model),
            .init(name: "model_version", value: Schema.version),
            .init(name: "prediction_id", value: ["type": "string", "pattern": "^[0-9a-f]{32}$"]),
        ]
        let arm = JSONValue.Member(
            name: "arm", value: Schema.string.described("Who has answered, in a rollout."))
        let row = Schema.object(required, optional + [explanation])
        let rows = JSONValue.Member(name: "predictions", value: Schema.array(of: row))
        return Schema.any(of: [
            Schema.object(required + about, optional + [explanation, arm]),
            Schema.object([rows] + about, [arm]),
        ])
    }
}
