// SPDX-License-Identifier: Apache-2.0
import JSON
import Rollout

/// Schemas of what is the same whatever models are served: problems, and what is read of models,
/// labels and health.
enum DocumentSchemas {
    private typealias Schema = JSONSchema

    static var all: [JSONValue.Member] {
        [
            .init(name: "Problem", value: problem),
            .init(name: "Health", value: health),
            .init(name: "Liveness", value: liveness),
            .init(name: "Catalogue", value: catalogue),
            .init(name: "Model", value: model),
            .init(name: "Version", value: version),
            .init(name: "Drift", value: drift),
            .init(name: "Quality", value: quality),
            .init(name: "Label", value: label),
            .init(name: "Labels", value: labels),
            .init(name: "LabelReceipt", value: receipt),
        ] + RolloutSchemas.all + PredictionSchemas.all
    }

    /// RFC 9457. What is refused before it is a request has neither detail nor id.
    private static var problem: JSONValue {
        Schema.object(
            [
                "type": ["type": "string", "format": "uri"], "title": Schema.string,
                "status": ["type": "integer", "minimum": 400, "maximum": 599],
            ],
            optional: [
                "detail": Schema.string,
                "path": Schema.string.described("JSON path (RFC 9535) of the value at fault."),
                "request_id": Schema.string,
            ])
    }

    private static var health: JSONValue {
        let check = Schema.object(
            ["name": Schema.string, "status": Schema.names(["pass", "warn", "fail"])],
            optional: ["version": Schema.version, "detail": Schema.string])
        return Schema.object([
            "status": Schema.names(["ready", "not ready"]), "checks": Schema.array(of: check),
        ])
    }

    private static var liveness: JSONValue {
        Schema.object(["status": Schema.names(["alive", "stuck"])])
    }

    private static let summary: Schema.Members = [
        "name": Schema.string,
        "serving_version": Schema.optional(Schema.version)
            .described("What answers now where no version is named."),
        "aliases": Schema.map(of: Schema.version),
    ]

    private static var catalogue: JSONValue {
        Schema.object(["models": Schema.array(of: Schema.object(summary))])
    }

    private static let versionMembers: Schema.Members = [
        "version": Schema.version, "digest": Schema.string, "bytes": Schema.count,
        "created_at": Schema.moment, "created_by": Schema.string, "loaded": Schema.boolean,
        "reason": ["type": ["string", "null"], "description": "Why it is not loaded."],
    ]

    private static var model: JSONValue {
        let versions: Schema.Members = [
            "versions": Schema.array(of: Schema.object(versionMembers))
        ]
        return ["allOf": [Schema.object(summary), Schema.object(versions)]]
    }

    private static var version: JSONValue {
        let feature = Schema.object([
            "name": Schema.string, "type": Schema.names(["number", "category", "text"]),
        ])
        let output = Schema.object([
            "type": Schema.names(["regression", "binary", "multiclass", "clusters"])
        ])
        let more = Schema.object(
            ["lineage": .object([]).described("How it came to be, as the trainer recorded it.")],
            optional: [
                "features": Schema.array(of: feature), "output": output,
                "example": .object([]).described("A row that it answers, by name."),
            ])
        return ["allOf": [Schema.object(versionMembers), more]]
    }

    private static var drift: JSONValue {
        let severity = Schema.names(
            [DriftSeverity.none, .notice, .warning, .critical].map(\.name))
        let source = Schema.object(["source": Schema.string, "rows": Schema.count])
        let window = Schema.object([
            "number": Schema.count, "rows": Schema.count, "units": Schema.optional(Schema.count),
            "clustered": Schema.boolean, "ended_at": Schema.moment, "severity": severity,
        ])
        let variables = Schema.array(
            of: Schema.object(["name": Schema.string, "severity": severity]))
        let version = Schema.object([
            "version": Schema.version,
            "reference": Schema.object(["inputs": source, "outputs": source]),
            "window": Schema.optional(window), "features": variables, "outputs": variables,
        ])
        return Schema.object([
            "model": Schema.string, "window_rows": Schema.count, "window_seconds": Schema.count,
            "versions": Schema.array(of: version),
        ])
    }

    private static var quality: JSONValue {
        let version = Schema.object([
            "version": Schema.version,
            "all": ["type": ["object", "null"]],
            "slices": Schema.map(of: ["type": "object"]),
        ])
        return Schema.object([
            "model": Schema.string, "versions": Schema.array(of: version),
            "rollouts": Schema.array(of: Schema.object(["rollout": Schema.count])),
        ])
    }

    private static var label: JSONValue {
        let moment = JSONValue.string("By RFC 3339, or in milliseconds since 1970.")
        return Schema.closedObject(
            [
                "prediction_id": ["type": "string", "pattern": "^[0-9a-f]{32}$"],
                "label": ["type": ["string", "number", "boolean"]],
            ],
            optional: [
                "value": [
                    "type": "number", "minimum": -1e100, "maximum": 1e100,
                    "description": "What the prediction was worth, in a unit of your own.",
                ],
                "observed_at": [
                    "description": moment,
                    "anyOf": [
                        Schema.moment,
                        ["type": "integer", "minimum": 0, "maximum": 253_402_300_799_999],
                    ],
                ],
                "slice": [
                    "type": "string", "minLength": 1, "maxLength": 64,
                    "description": "The part of the traffic it belongs to: 1 to 64 bytes of UTF-8.",
                ],
            ])
    }

    private static var labels: JSONValue {
        let list = Schema.array(of: Schema.reference("Label"))
            .with("minItems", 1).with("maxItems", 10_000)
        return Schema.any(of: [
            Schema.reference("Label"), Schema.closedObject(["labels": list]),
        ])
    }

    private static var receipt: JSONValue {
        Schema.object([
            "accepted": Schema.count, "joined": Schema.count, "waiting": Schema.count,
            "duplicates": Schema.count, "conflicts": Schema.array(of: Schema.string),
            "expired": Schema.count, "refused": Schema.count,
        ])
    }
}
