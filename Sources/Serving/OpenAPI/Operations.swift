// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON

/// The API's operations, in the order in which people read them.
enum Operations {
    static let all = predictions + feedback + models + rollouts + health + documentation

    private static let modelParameter = ["model"]
    private static let timeouts = ["X-Request-Timeout-Ms", "Request-Timeout"]
    private static let predictionParameters = timeouts + ["X-Martlet-Key", "X-Martlet-Arm"]

    private static func prediction(
        _ path: String, _ id: String, _ summary: String, description: String = "",
        parameters: [String] = [], _ problems: [Problem]
    ) -> Operation {
        Operation(
            .post, path, id, .predictions, summary, description: description,
            [.ok("The predictions.", "Answer", fields: ["X-Martlet-Arm.optional"])],
            parameters: parameters + predictionParameters, body: body("Request"),
            problems: problems + Problem.predictions)
    }

    static let predictions = [
        prediction(
            "/predict", "predict", "Ask the default model",
            description: "The first that the server was started for, or the only one served.",
            Problem.noDefault),
        prediction(
            "/models/{model}/predict", "predictModel", "Ask a model",
            description: """
                The version under the first promised alias of the model that is there. What each \
                model takes is said at its own path.
                """, parameters: ["model"], Problem.primary),
        prediction(
            "/models/{model}/versions/{version}/predict", "predictVersion", "Ask a version",
            description: "Aliased versions and the newest are loaded.",
            parameters: ["model", "version"],
            Problem.loadedVersion),
        prediction(
            "/models/{model}/aliases/{alias}/predict", "predictAlias",
            "Ask the version under an alias", parameters: ["model", "alias"], Problem.alias),
    ]

    static let feedback = [
        Operation(
            .post, "/feedback", "sendLabels", .feedback, "Tell what turned out to be true",
            description: "All labels are kept or, where one is malformed, none.",
            [.ok("What became of the labels.", "LabelReceipt")], body: body("Labels"),
            problems: Problem.labels)
    ]

    static let models = [
        Operation(
            .get, "/models", "listModels", .models, "What is registered, and served of it",
            [.ok("Every model.", "Catalogue")]),
        Operation(
            .get, "/models/{model}", "getModel", .models, "One model with its versions",
            [.ok("The model.", "Model")], parameters: modelParameter, problems: Problem.model),
        Operation(
            .get, "/models/{model}/versions/{version}", "getVersion", .models,
            "One version: its inputs, its output, how it came to be",
            [.ok("The version.", "Version")], parameters: ["model", "version"],
            problems: Problem.registeredVersion),
        Operation(
            .get, "/models/{model}/quality", "getQuality", .models,
            "What labels say of each version", [.ok("The quality.", "Quality")],
            parameters: modelParameter, problems: Problem.model + [.noFeedbackStore]),
        Operation(
            .get, "/models/{model}/drift", "getDrift", .models,
            "What the last windows of each version say", [.ok("The drift.", "Drift")],
            parameters: modelParameter, problems: Problem.model + [.driftIsNotWatched]),
    ]

    static let health = [
        probe(
            "/livez", "live", "Whether every loop turns", "Liveness",
            (.ok, "Every loop turns."), (.serviceUnavailable, "A loop is stuck.")),
        probe(
            "/readyz", "ready", "Whether the server should be sent traffic", "Health",
            (.ok, "Every promised alias passes a live prediction."),
            (.serviceUnavailable, "The server is stopping, or an alias has no version to answer.")),
        probe(
            "/healthz", "healthy", "The same as /readyz", "Health",
            (.ok, "Every promised alias passes a live prediction."),
            (.serviceUnavailable, "The server is stopping, or an alias has no version to answer.")),
        Operation(
            .get, "/metrics", "scrape", .health, "Metrics for Prometheus",
            description: "OpenMetrics 1.0 when Accept prefers it.",
            [
                .init(
                    status: .ok, description: "The metrics.",
                    contentTypes: [HTTPResponse.ContentType.prometheusText, .openMetrics]
                        .map(\.documentedType), schema: JSONSchema.string)
            ]),
        Operation(
            .get, "/version", "getServerVersion", .health, "What runs",
            [
                .init(
                    status: .ok, description: "The program's version.",
                    schema: JSONSchema.object(["version": JSONSchema.string]))
            ]),
    ]

    static let documentation = pages + assets

    private static let assets = Asset.allCases.filter { $0.contentType != .html }.map {
        file("/assets/\($0.rawValue)", "\($0)", "A file of the pages", $0)
    }

    private static let pages = [
        file("/", "page", "A page for people", .page),
        file("/docs", "documentation", "This document, for people", .documentation),
        Operation(
            .get, "/openapi.json", "openAPI", .documentation, "This document",
            description: "With the inputs of the models that are served now.",
            [
                .init(
                    status: .ok, description: "OpenAPI 3.1.",
                    schema: JSONSchema.object([
                        "openapi": JSONSchema.string, "info": ["type": "object"],
                        "paths": ["type": "object"],
                    ]))
            ]),
    ]

    static func body(_ component: String, isRequired: Bool = true) -> JSONValue {
        [
            "required": .boolean(isRequired),
            "content": ["application/json": ["schema": JSONSchema.reference(component)]],
        ]
    }

    private static func probe(
        _ path: String, _ id: String, _ summary: String, _ component: String,
        _ answers: (HTTPStatus, String)...
    ) -> Operation {
        Operation(
            .get, path, id, .health, summary,
            description: "Takes no role; answered when little else is.",
            answers.map {
                .init(
                    status: $0, description: $1, schema: JSONSchema.reference(component))
            })
    }

    private static func file(
        _ path: String, _ id: String, _ summary: String, _ asset: Asset
    ) -> Operation {
        Operation(
            .get, path, id, .documentation, summary, [.file("The file.", asset.contentType)])
    }
}
