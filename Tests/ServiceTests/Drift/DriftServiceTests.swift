// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSON
import OpenSSL
import TLSTesting
import Testing

/// Drift from the trainer's data to whoever is told of it, on the built programs.
@Suite(.serialized)
struct DriftServiceTests {
    private static let windowRowCount = 300

    /// A row of two numbers: the first decides, the second says nothing.
    private struct Row {
        let values: [Double]
        let isYes: Bool

        init(_ draws: inout Draws, shift: [Double] = [0, 0]) {
            values = shift.map { $0 + 10 * draws.uniform() }
            isYes = draws.uniform() < Outcome.logistic(values[0] - 5)
        }
    }

    /// A version that the built trainer has made, so that it has a profile.
    private func fixture() throws -> ServiceFixture {
        let fixture = try ServiceFixture()
        var draws = Draws(seed: 7)
        let lines = (0..<3000).map { _ in
            let row = Row(&draws)
            return "\(row.values[0]),\(row.values[1]),\(row.isYes ? "yes" : "no")\n"
        }
        let path = try fixture.write(Array(("a,b,label\n" + lines.joined()).utf8), "rows.csv")
        let output = "\(fixture.folder)/output"
        let trainer = try Process(
            ServiceFixture.program("martlet-train"),
            [
                "fit", "--data", path, "--target", "label", "--model", "logistic", "--name", "m",
                "--registry", fixture.registryPath, "--alias", "production",
            ], output: output)
        let code = trainer.wait()
        let said = String(decoding: try ServiceFixture.contents(output), as: UTF8.self)
        try #require(code == 0, "\(said)")
        return fixture
    }

    /// Asks until so many more windows have been judged, each row for another user.
    private func send(
        _ windows: Int, to fixture: ServiceFixture, _ draws: inout Draws, shift: [Double] = [0, 0]
    ) async throws {
        let series = "drift_windows_total{model=\"m\",version=\"1\"}"
        let goal = (try fixture.metric(series) ?? 0) + Double(windows)
        let kept = try #require(KeepAlive(port: UInt16(fixture.port)))
        var key = 0
        while try fixture.metric(series) ?? 0 < goal {
            for _ in 0..<50 {
                let values = Row(&draws, shift: shift).values
                let body = "{\"features\":[\(values[0]),\(values[1])],\"key\":\"u\(key)\"}"
                let answer = kept.answer(to: Outcome.post("/predict", body)) ?? ""
                try #require(answer.hasPrefix("HTTP/1.1 200"), "\(answer)")
                key += 1
            }
        }
    }

    private func severity(_ feature: String, _ fixture: ServiceFixture) throws -> Double? {
        try fixture.metric("drift_severity{model=\"m\",version=\"1\",feature=\"\(feature)\"}")
    }

    private func isSigned(_ request: ScriptedServer.Request, secret: String) throws -> Bool {
        let field = try #require(request["Martlet-Signature"])
        let parts = try #require(field.firstMatch(of: #/^t=(\d+),v1=([0-9a-f]{64})$/#))
        let code = HMACSHA256.code(
            of: Array("\(parts.output.1).\(request.body)".utf8), key: Array(secret.utf8))
        return code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == parts.output.2
    }

    /// Two windows of a feature that has moved are told once, each way that there is.
    @Test func tellsOfAFeatureThatMoves() async throws {
        let fixture = try fixture()
        let hook = try ScriptedServer { _, _ in ScriptedServer.json("{}") }
        defer { hook.stop() }
        let script = "\(fixture.folder)/retrain"
        let text =
            "#!/bin/sh\necho \"$MARTLET_EVENT $MARTLET_FEATURE\" >> \"$0.runs\"\ncat > \"$0.in\"\n"
        #expect(
            FileManager.default.createFile(
                atPath: script, contents: Data(text.utf8),
                attributes: [.posixPermissions: 0o700]))
        let process = try await fixture.serve([
            "--drift-window-rows", "\(Self.windowRowCount)",
            "--webhook-url", "http://\(hook.address)/hook",
            "--webhook-secret-file", try fixture.write(Array("of two\n".utf8), "secret"),
            "--on-drift-exec", script, "--retrain-cooldown-seconds", "3600",
        ])
        var draws = Draws(seed: 8)
        try await send(3, to: fixture, &draws)
        for feature in ["a", "b", "$prediction"] {
            #expect(try severity(feature, fixture) == 0, "\(feature)")
        }
        #expect(hook.requests.isEmpty)
        #expect(!fixture.log.contains("\"drift\""))

        try await send(2, to: fixture, &draws, shift: [0, 3])
        #expect(hook.waits(forRequests: 1))
        let event = try JSONValue(parsing: try #require(hook.requests.first).body)
        #expect(try isSigned(try #require(hook.requests.first), secret: "of two"))
        #expect(event["kind"] == "drift")
        #expect(event["model"] == "m")
        #expect(event["detail"]?["feature"] == "b")
        #expect(event["severity"] == "critical")
        let window = try #require(event["detail"]?["window"]?.integer)
        #expect([5, 6].contains(window))
        print("a feature that has moved after window 3 is told by window \(window)")
        #expect(try severity("a", fixture) == 0)
        #expect(try severity("b", fixture) == 3)
        #expect(fixture.log.contains("\"drift\""))
        try expectDocument(fixture)

        // The same goes on and is not told again; another feature is, and trains nothing so soon.
        try await send(2, to: fixture, &draws, shift: [0, 3])
        #expect(hook.requests.count == 1)
        try await send(2, to: fixture, &draws, shift: [4, 3])
        #expect(hook.waits(forRequests: 2))
        let features = try hook.requests.dropFirst().map {
            try JSONValue(parsing: $0.body)["detail"]?["feature"]?.string
        }
        #expect(features.contains("a") && !features.contains("b"))
        #expect(try fixture.metric("retrain_skipped_total{reason=\"cooldown\"}") ?? 0 >= 1)
        #expect(try fixture.metric("retrain_runs_total{result=\"succeeded\"}") == 1)
        let runs = String(
            decoding: try ServiceFixture.contents(script + ".runs"), as: UTF8.self)
        #expect(runs == "drift b\n")
        let input = String(decoding: try ServiceFixture.contents(script + ".in"), as: UTF8.self)
        #expect(try JSONValue(parsing: input) == event)
        #expect(process.pid > 0)
    }

    private func expectDocument(_ fixture: ServiceFixture) throws {
        let answer = try fixture.send("GET", "/models/m/drift")
        #expect(answer.status == 200)
        let document = try JSONValue(parsing: answer.text)
        #expect(document["window_rows"]?.integer == Self.windowRowCount)
        let version = try #require(document["versions"]?.array?.first)
        #expect(version["version"]?.integer == 1)
        #expect(version["window"]?["severity"] == "critical")
        #expect(version["window"]?["clustered"] == false)
        let features = try #require(version["features"]?.array)
        #expect(features.map { $0["name"]?.string } == ["a", "b"])
        #expect(features.map { $0["severity"]?.string } == ["none", "critical"])
        #expect(try #require(features[1]["psi"]?.number) > 0.25)
        #expect(try #require(features[0]["psi"]?.number) < 0.1)
    }

    @Test func watchesNothingWhereWindowsAreOff() async throws {
        let fixture = try ServiceFixture()
        try fixture.publishOutcomes()
        let process = try await fixture.serve(["--drift-window-rows", "0"])
        let answer = try fixture.send("GET", "/models/m/drift")
        #expect(answer.status == 404)
        #expect(answer.slug == "drift-not-watched")
        #expect(process.pid > 0)
    }
}
