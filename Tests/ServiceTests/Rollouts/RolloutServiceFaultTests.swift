// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Models
import Registry
import TLSTesting
import Testing

/// Rollouts while their registry cannot be written, and what the API makes of nonsense.
@Suite(.serialized)
struct RolloutServiceFaultTests {
    private func fixture() throws -> ServiceFixture {
        let fixture = try ServiceFixture()
        try fixture.publish(Candidate.linear(), .production)
        try fixture.publish(Candidate.linear(last: 1e10))
        return fixture
    }

    /// A candidate that fails is off traffic at once; the registry hears of it when it can.
    @Test func protectsWhileTheRegistryIsLocked() async throws {
        let fixture = try fixture()
        let process = try await fixture.serveRegistry()
        let crowd = Crowd(at: fixture.port)
        let id = try fixture.begin(
            2, ServiceFixture.plan(["step_requests": 1_000_000, "rules": ["labels"]]))
        try await fixture.expect("canary:0", of: id)
        while !crowd.visits.contains(where: { $0.arm == "candidate" }) {
            try await Task.sleep(for: .milliseconds(10))
        }
        var lock: SQLiteLock? = try SQLiteLock(.reserved, of: fixture.registryPath)
        crowd.send(.large)
        while try fixture.failures(ofVersion: 2) < 2 {
            try await Task.sleep(for: .milliseconds(5))
        }
        try await Task.sleep(for: .milliseconds(200 * Sanitizer.patience))
        crowd.send(.plain)
        let tripped = ContinuousClock.now
        let end = tripped + .seconds(20 * Sanitizer.patience)
        while try fixture.rollout(id)["fault"] == nil && .now < end {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try fixture.rollout(id)["fault"] != nil)
        #expect(try fixture.state(of: id) == "canary:0", "that is what is recorded")
        let visits = crowd.stop()
        visits.expectGood()
        #expect(visits.filter { $0.sent > tripped }.allSatisfy { $0.arm == "stable" })
        #expect(try fixture.failures(ofVersion: 2) <= 5)
        lock = nil
        // By now copies may have cleared it already: both steps are recorded, in their order.
        while try fixture.events(of: id).count < 4 && .now < end {
            try await Task.sleep(for: .milliseconds(50))
        }
        let events = try fixture.events(of: id)
        try #require(events.count > 3, "\(events.map(\.text))")
        #expect(events[3]["to"]?.string == "quarantined:canary:0")
        #expect(events[3]["reason"] == "suspicion")
        #expect(lock == nil && process.pid > 0)
    }

    /// SQLite does not write a file whose header names a format beyond its own (byte 18), as it
    /// does not on a disk that is mounted so.
    @Test func servesOnAReadOnlyRegistry() async throws {
        let fixture = try fixture()
        let descriptor = open(fixture.registryPath, O_WRONLY)
        try #require(pwrite(descriptor, [UInt8(3)], 1, 18) == 1)
        close(descriptor)
        let process = try await fixture.serveRegistry()
        let crowd = Crowd(at: fixture.port)
        let answer = try fixture.send("POST", "/rollouts", #"{"candidate":2}"#)
        #expect(answer.status == 503)
        #expect(answer.slug == "registry-unavailable", "\(answer.text)")
        try await Task.sleep(for: .milliseconds(200))
        let visits = crowd.stop()
        visits.expectGood()
        #expect(visits.allSatisfy { $0.version == 1 && $0.arm == "" })
        #expect(process.pid > 0)
    }

    @Test func refusesWhatIsNoRollout() async throws {
        let fixture = try fixture()
        let process = try await fixture.serveRegistry()
        let cases: [(String, String, String, Int, String)] = [
            ("POST", "/rollouts", "", 422, "invalid-rollout"),
            ("POST", "/rollouts", "{", 422, "invalid-rollout"),
            ("POST", "/rollouts", "[]", 422, "invalid-rollout"),
            ("POST", "/rollouts", "{}", 422, "invalid-rollout"),
            ("POST", "/rollouts", #"{"candidate":"2"}"#, 422, "invalid-rollout"),
            ("POST", "/rollouts", #"{"candidate":0}"#, 422, "invalid-rollout"),
            ("POST", "/rollouts", #"{"candidate":2,"x":1}"#, 422, "invalid-rollout"),
            ("POST", "/rollouts", #"{"candidate":1.5}"#, 422, "invalid-rollout"),
            // A whole number, however it is written.
            ("POST", "/rollouts", #"{"candidate":1.0}"#, 409, "candidate-is-stable"),
            ("POST", "/rollouts", #"{"candidate":1}"#, 409, "candidate-is-stable"),
            ("POST", "/rollouts", #"{"candidate":9}"#, 404, "unknown-version"),
            ("POST", "/rollouts", #"{"candidate":2,"model":"no"}"#, 404, "unknown-model"),
            ("POST", "/rollouts", #"{"candidate":2,"plan":{"step":1}}"#, 422, "invalid-plan"),
            ("POST", "/rollouts", #"{"candidate":2,"plan":{"alpha":9}}"#, 422, "invalid-plan"),
            ("POST", "/rollouts", #"{"candidate":2,"plan":{"steps":[0]}}"#, 422, "invalid-plan"),
            ("POST", "/rollouts", #"{"candidate":2,"plan":7}"#, 422, "invalid-plan"),
            (
                "POST", "/rollouts",
                #"{"candidate":2,"plan":{"quality_margin":0.01,"shadow":false}}"#,
                422, "invalid-plan"
            ),
            ("PUT", "/rollouts", "{}", 405, "method-not-allowed"),
            ("GET", "/rollouts/1", "", 404, "unknown-rollout"),
            ("GET", "/rollouts/0", "", 404, "unknown-rollout"),
            ("GET", "/rollouts/-1", "", 404, "unknown-rollout"),
            ("GET", "/rollouts/01", "", 404, "unknown-rollout"),
            ("GET", "/rollouts/99999999999999999999", "", 404, "unknown-rollout"),
            ("GET", "/rollouts/%00", "", 400, "malformed-escape"),
            ("GET", "/rollouts/%31%20", "", 404, "unknown-rollout"),
            ("GET", "/rollouts/1/history", "", 404, "unknown-rollout"),
            ("GET", "/rollouts/1/nothing", "", 404, "no-such-route"),
            ("POST", "/rollouts/1", "", 405, "method-not-allowed"),
            ("GET", "/rollouts/1/promote", "", 405, "method-not-allowed"),
            ("POST", "/rollouts/1/verdict", "", 405, "method-not-allowed"),
            ("POST", "/rollouts/1/abort", "", 404, "unknown-rollout"),
            ("POST", "/rollouts/1/abort", "nonsense", 422, "invalid-rollout"),
            ("POST", "/rollouts/1/abort", #"{"why":"so"}"#, 422, "invalid-rollout"),
            ("POST", "/rollouts/1/abort", #"{"version":0}"#, 422, "invalid-rollout"),
            ("POST", "/rollouts/1/abort", #"{"version":1e30}"#, 422, "invalid-rollout"),
            ("POST", "/rollouts/1/abort", #"{"version":2e0}"#, 404, "unknown-rollout"),
        ]
        for (method, path, body, status, slug) in cases {
            let answer = try fixture.send(method, path, body)
            #expect(answer.status == status, "\(method) \(path) \(body): \(answer.text)")
            #expect(answer.slug == slug, "\(method) \(path) \(body): \(answer.text)")
        }
        #expect(process.pid > 0)
    }

    /// One rollout a model; commands where they apply.
    @Test func refusesWhatDoesNotApply() async throws {
        let fixture = try fixture()
        let process = try await fixture.serveRegistry()
        let id = try fixture.begin(2, ServiceFixture.plan(["shadow": false]))
        try await fixture.expect("canary:0", of: id)
        let again = try fixture.send("POST", "/rollouts", #"{"candidate":2}"#)
        #expect(again.status == 409)
        #expect(again.slug == "rollout-active")
        let resumed = try fixture.send("POST", "/rollouts/\(id)/resume")
        #expect(resumed.status == 409)
        #expect(resumed.slug == "not-applicable")
        let superseded = try fixture.send(
            "POST", "/rollouts", #"{"candidate":2,"supersede":true}"#)
        #expect(superseded.status == 201, "\(superseded.text)")
        try await fixture.expect("superseded", of: id)
        let over = try fixture.send("POST", "/rollouts/\(id)/abort")
        #expect(over.status == 409)
        #expect(over.slug == "not-applicable", "\(over.text)")
        #expect(try fixture.run(["models", "verify"]).code == 0)
        #expect(process.pid > 0)
    }

    /// Operators choose an arm, by its name or its version, and what comes of it is no evidence.
    @Test func onlyOperatorsChooseAnArm() async throws {
        let fixture = try fixture()
        var tokens: [String: String] = [:]
        var lines = ""
        for role in ["operator", "predictor"] {
            let output = "\(fixture.folder)/\(role)"
            let command = try Process(
                ServiceFixture.program("martlet"), ["tokens", "create", role, "--role", role],
                output: output)
            try #require(command.wait() == 0)
            let text = String(decoding: try ServiceFixture.contents(output), as: UTF8.self)
            let words = try #require(text.firstMatch(of: #/token: (\S+)\nline: +(.*)\n/#))
            tokens[role] = String(words.output.1)
            lines += words.output.2 + "\n"
        }
        let path = try fixture.write(Array(lines.utf8), "tokens")
        let process = try await fixture.serveRegistry(["--tokens-file", path])
        let connection = try #require(KeepAlive(port: UInt16(fixture.port)))
        func ask(_ role: String, _ text: String) throws -> WireAnswer {
            let token = try #require(tokens[role])
            return try connection.answer(
                text.replacing(
                    "Host: a\r\n", with: "Host: a\r\nAuthorization: Bearer \(token)\r\n"))
        }
        let plan = ServiceFixture.plan(["shadow": false]).text
        let order = "{\"candidate\":2,\"plan\":\(plan)}"
        let post =
            "POST /rollouts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(order.utf8.count)\r\n\r\n\(order)"
        #expect(try ask("predictor", post).status == 403)
        #expect(try ask("operator", post).status == 201)
        let look = "GET /rollouts/1 HTTP/1.1\r\nHost: a\r\n\r\n"
        while !(try ask("operator", look).text.contains("canary:0")) {
            try await Task.sleep(for: .milliseconds(10))
        }
        for (arm, version) in [("candidate", 2), ("2", 2), ("stable", 1), ("1", 1)] {
            let request = Crowd.request(7, fields: "X-Martlet-Arm: \(arm)\r\n")
            let answer = try ask("operator", request)
            #expect(answer.status == 200)
            #expect(answer["x-martlet-arm"] == (version == 2 ? "candidate" : "stable"))
            #expect(try ask("predictor", request).status == 403)
        }
        let unknown = try ask("operator", Crowd.request(7, fields: "X-Martlet-Arm: other\r\n"))
        #expect(unknown.status == 422)
        #expect(unknown.slug == "unknown-arm")
        let document = try JSONValue(parsing: try ask("operator", look).text)
        #expect(document.evidence("candidate_requests") == 0)
        #expect(document.evidence("stable_requests") == 0)
        #expect(document["created_by"] == "operator")
        #expect(process.pid > 0)
    }
}
