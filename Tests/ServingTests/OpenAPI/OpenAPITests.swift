// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTP1
import JSON
import Models
import Testing

@testable import Serving

/// `/openapi.json` says of each route what the route does, and of each model what it takes.
struct OpenAPITests {
    @Test func everyReferenceResolves() throws {
        let fixture = try OpenAPIFixture.full()
        var count = 0
        OpenAPIFixture.walk(fixture.document) { value in
            guard let reference = value["$ref"]?.string else { return }
            count += 1
            #expect(fixture.resolved(value) != nil, "\(reference)")
        }
        #expect(count > 500)
    }

    @Test func everyComponentIsReferredTo() throws {
        let fixture = try OpenAPIFixture.full()
        var references: Set<String> = []
        OpenAPIFixture.walk(fixture.document) { value in
            if let reference = value["$ref"]?.string { references.insert(reference) }
        }
        for kind in fixture.document["components"]?.members ?? []
        where kind.name != "securitySchemes" {
            for component in kind.value.members ?? [] {
                let reference = "#/components/\(kind.name)/\(component.name)"
                #expect(references.contains(reference), "\(reference)")
            }
        }
    }

    @Test func operationsAreNamedOnce() throws {
        let ids = try OpenAPIFixture.full().operations.compactMap { $0.json["operationId"]?.string }
        #expect(Set(ids).count == ids.count && ids.count > 60)
    }

    /// Each label has a path, each path a label; a verb and a file are paths of their own.
    @Test func pathsAreTheRoutes() throws {
        func matches(_ label: String, _ path: String) -> Bool {
            let names = label.split(separator: "/")
            let parts = path.split(separator: "/")
            return names.count == parts.count
                && zip(names, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }
        let paths = try OpenAPIFixture.full().paths.map(\.name)
        let labels = Service.routeLabels.dropFirst()
        for label in labels {
            #expect(paths.contains { matches(label, $0) }, "\(label)")
        }
        for path in paths {
            #expect(labels.contains { matches($0, path) }, "\(path)")
        }
        for verb in RolloutVerb.allCases {
            #expect(paths.contains("/rollouts/{id}/\(verb.rawValue)"))
        }
    }

    /// The document's methods are those that the service does not refuse, and that `Allow` names.
    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
    func methodsAreTheRoutes(_ method: String) throws {
        let fixture = try OpenAPIFixture.full()
        for path in fixture.paths {
            let answer = try fixture.service.send(
                "\(method) \(OpenAPIFixture.example(path.name)) HTTP/1.1\r\nHost: a\r\n\r\n")
            let isDocumented = path.value[method.lowercased()] != nil
            #expect((answer.status != 405) == isDocumented, "\(method) \(path.name)")
            guard method == "OPTIONS" else { continue }
            let allowed = OpenAPIFixture.methods.filter { path.value[$0] != nil }
            let allow = allowed.map { $0.uppercased() }.joined(separator: ", ")
            #expect(answer.head.contains("\r\nAllow: \(allow)\r\n"), "\(path.name)")
        }
    }

    @Test func problemsAreTheDocumented() throws {
        let fixture = try OpenAPIFixture.full()
        let found = fixture.operations.reduce(into: Set<String>()) {
            $0.formUnion(fixture.problems(of: $1))
        }
        #expect(found.subtracting(ProblemPageTests.documented) == [])
        #expect(Set(ProblemPageTests.documented).subtracting(found) == [])
    }

    /// What some requests meet is among what their operation may meet.
    @Test(arguments: [
        ("POST", "/models/{model}/predict", "/models/x/predict", "{}"),
        ("POST", "/models/{model}/versions/{version}/predict", "/models/m/versions/7/predict", ""),
        ("POST", "/models/{model}/aliases/{alias}/predict", "/models/m/aliases/x/predict", ""),
        ("POST", "/predict", "/predict", "{}"), ("GET", "/models/{model}", "/models/x", ""),
        ("POST", "/models/m/predict", "/models/m/predict", "{}"),
        ("POST", "/models/m/predict", "/models/m/predict", "{"),
        ("POST", "/models/m/predict", "/models/m/predict", #"{"features":[1]}"#),
        ("POST", "/models/m/predict", "/models/m/predict", #"{"features":[1,2]}"#),
        ("GET", "/models/{model}/quality", "/models/m/quality", ""),
        ("GET", "/models/{model}/drift", "/models/m/drift", ""),
        ("GET", "/models/{model}/versions/{version}", "/models/m/versions/9", ""),
        ("POST", "/feedback", "/feedback", "{}"), ("GET", "/rollouts", "/rollouts", ""),
        ("POST", "/rollouts/{id}/abort", "/rollouts/1/abort", "{}"),
    ])
    func problemsAreAmongTheOperations(
        _ method: String, _ template: String, _ path: String, _ body: String
    ) throws {
        let fixture = try OpenAPIFixture.full()
        let answer =
            method == "GET" ? try fixture.service.get(path) : try fixture.service.post(path, body)
        let operation = try #require(
            fixture.operations.first { $0.path == template && $0.method == method.lowercased() })
        let slug = try #require(answer.slug)
        #expect(fixture.problems(of: operation).contains("\(answer.status) \(slug)"))
    }

    /// Every example of a model is answered, by the same path and by what it says of its answer.
    @Test func examplesAreAnswered() throws {
        let fixture = try OpenAPIFixture.full()
        var count = 0
        for operation in fixture.operations where operation.path.hasSuffix("/predict") {
            guard let body = operation.json["requestBody"].flatMap(fixture.resolved) else {
                continue
            }
            let examples = body["content"]?["application/json"]?["examples"]?.members ?? []
            #expect(
                examples.isEmpty == operation.path.contains("{") || operation.path == "/predict")
            for example in examples {
                let value = try #require(example.value["value"])
                let answer = try fixture.service.post(operation.path, value.text)
                #expect(answer.status == 200, "\(operation.path) \(value.text) \(answer.body)")
                #expect((answer.json["predictions"] != nil) == (example.name == "instances"))
                count += 1
            }
        }
        // Two models under two paths each, one more version, four examples each.
        #expect(count == 28)
    }

    /// By position and by name, in order, every type with null, and nothing else.
    @Test func inputsAreTheModels() throws {
        let fixture = try OpenAPIFixture.full()
        let features = try #require(fixture.document["components"]?["schemas"]?["Features.m.1"])
        let forms = try #require(features["anyOf"]?.array)
        let number: JSONValue = ["type": ["number", "null"]]
        let city: JSONValue = ["type": ["string", "null"], "examples": ["Bern", "Köln"]]
        #expect(
            forms == [
                [
                    "type": "array",
                    "prefixItems": [
                        ["title": "age", "type": ["number", "null"]],
                        [
                            "title": "city", "type": ["string", "null"],
                            "examples": ["Bern", "Köln"],
                        ],
                    ],
                    "items": false, "minItems": 2, "maxItems": 2,
                ],
                [
                    "type": "object", "properties": ["age": number, "city": city],
                    "required": ["age", "city"], "additionalProperties": false,
                ],
            ])
    }

    /// A class that has an answer is one that the schema names.
    @Test func answersNameTheClasses() throws {
        let fixture = try OpenAPIFixture.full()
        let schemas = try #require(fixture.document["components"]?["schemas"])
        let classes = schemas["Answer.m.1"]?["anyOf"]?.array?[0]["properties"]
        #expect(classes?["prediction"]?["enum"] == ["no", "yes"])
        #expect(classes?["probabilities"]?["required"] == ["no", "yes"])
        let value = schemas["Answer.value.1"]?["anyOf"]?.array?[0]["properties"]
        #expect(value?["prediction"] == ["type": "number"])
        #expect(value?["probabilities"] == nil)
    }
}
