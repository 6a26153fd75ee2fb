// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Registry
import TLSTesting
import Testing

extension ServiceFixture {
    /// Publishes a version of `m`.
    @discardableResult
    func publish(_ model: Model, _ alias: AliasName? = nil) throws -> Int {
        try publish(artifact: model.artifact, alias)
    }

    @discardableResult
    func publish(artifact: [UInt8], _ alias: AliasName? = nil) throws -> Int {
        try Registry(path: registryPath, mode: .create).publish(
            VersionDraft(
                model: try ModelName("m"), artifact: artifact, lineage: "{}", actor: "test",
                alias: alias)
        ).version
    }

    /// A plan of moments, whose one step is half of all users. With an `error_limit` of 5 % some
    /// eighty good requests are enough for a step, where the standard's need some eight hundred.
    static func plan(_ changes: KeyValuePairs<String, JSONValue> = [:]) -> JSONValue {
        var members: [String: JSONValue] = [
            "steps": [0.5], "shadow_seconds": 0, "shadow_pairs": 50, "step_seconds": 0.3,
            "step_requests": 50, "bake_seconds": 0.3, "step_deadline_seconds": 120,
        ]
        for (name, value) in changes { members[name] = value }
        return .object(
            members.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: $0.value) })
    }

    /// Starts the server and waits until it has read its registry.
    func serveRegistry(
        _ arguments: [String] = [], of registry: String? = nil,
        environment: [String: String] = [:]
    ) async throws -> Process {
        let process = try await serve(arguments, registry: registry, environment: environment)
        let end = ContinuousClock.now + .seconds(20 * Sanitizer.patience)
        while try !get("/readyz").hasPrefix("HTTP/1.1 200") {
            try #require(.now < end, "\(log)")
            try await Task.sleep(for: .milliseconds(10))
        }
        return process
    }

    func send(_ method: String, _ path: String, _ body: String = "") throws -> WireAnswer {
        let connection = try #require(KeepAlive(port: UInt16(port)))
        return try connection.answer(
            "\(method) \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                + body)
    }

    /// Begins a rollout; returns its number.
    func begin(_ candidate: Int? = nil, _ plan: JSONValue = plan()) throws -> Int {
        let document: JSONValue =
            candidate.map { ["candidate": .integer($0), "plan": plan] } ?? ["plan": plan]
        let answer = try send("POST", "/rollouts", document.text)
        try #require(answer.status == 201, "\(answer.text)")
        let id = try #require(try JSONValue(parsing: answer.text)["id"]?.integer)
        #expect(answer["location"] == "/rollouts/\(id)")
        return id
    }

    func rollout(_ id: Int) throws -> JSONValue {
        let answer = try send("GET", "/rollouts/\(id)")
        try #require(answer.status == 200, "\(answer.text)")
        return try JSONValue(parsing: answer.text)
    }

    func state(of id: Int) throws -> String { try #require(try rollout(id)["state"]?.string) }

    /// Waits for a state that begins so, and fails on another that is final.
    func expect(
        _ prefix: String, of id: Int, within seconds: Int = 60,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let end = ContinuousClock.now + .seconds(seconds * Sanitizer.patience)
        while true {
            let document = try rollout(id)
            let state = try #require(document["state"]?.string)
            if state.hasPrefix(prefix) { return }
            try #require(
                document["is_terminal"] == false && .now < end,
                "\(prefix) was expected of \(document.text), \(log.suffix(2000))",
                sourceLocation: location)
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func events(of id: Int) throws -> [JSONValue] {
        let answer = try send("GET", "/rollouts/\(id)/history")
        try #require(answer.status == 200, "\(answer.text)")
        return try #require(try JSONValue(parsing: answer.text)["events"]?.array)
    }

    /// The requests that a version could not answer, by its metrics; copies are none.
    func failures(ofVersion version: Int) throws -> Int {
        let metrics = try get("/metrics")
        return metrics.split(separator: "\n").filter {
            $0.hasPrefix("model_prediction_errors_total{")
                && $0.contains("version=\"\(version)\"")
        }.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
    }
}

extension JSONValue {
    /// A number of an event's evidence.
    func evidence(_ name: String) -> Double? {
        self["evidence"]?.array?.first { $0["name"]?.string == name }?["value"]?.number
    }
}
