// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Registry
import TLSTesting
import Testing

/// The built server over loopback, as its users meet it.
@Suite(.serialized)
struct ServeTests {
    @Test func servesAndStopsOnASignal() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let process = try await fixture.serve()
        let answer = try fixture.predict()
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("\"model_version\":1"))
        #expect(try fixture.get("/readyz").contains("\"status\":\"ready\""))
        #expect(try fixture.get("/metrics").contains("model_loaded{model=\"m\",version=\"1\"} 1"))
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
        #expect(fixture.log.contains("\"msg\":\"draining\""))
        #expect(fixture.log.contains("\"clean\":\"true\""))
    }

    @Test func startsWithoutARegistryAndServesOnceThereIsOne() async throws {
        let fixture = try ServiceFixture()
        let process = try await fixture.serve()
        let ready = try fixture.get("/readyz")
        #expect(ready.hasPrefix("HTTP/1.1 503"))
        #expect(ready.contains("there is no registry"))
        try fixture.publish(intercept: 1)
        var isReady = false
        for _ in 0..<50 * Sanitizer.patience where !isReady {
            try await Task.sleep(for: .milliseconds(20))
            isReady = try fixture.get("/healthz").hasPrefix("HTTP/1.1 200")
        }
        #expect(isReady)
        #expect(process.pid > 0)
    }

    /// Versions change under load: no failed answer, none that mixes two versions, the new one
    /// within a second.
    @Test func swapsVersionsUnderLoad() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let process = try await fixture.serve()
        let registry = try Registry(path: fixture.registryPath, mode: .readWrite)
        let before = try probability(try fixture.predict())
        try fixture.publish(intercept: 5, alias: nil)
        var answers: Set<String> = []
        var current = 1
        for _ in 0..<6 {
            current = 3 - current
            try registry.move(
                .production, of: ModelName("m"), to: current, actor: "test", reason: "")
            let end = ContinuousClock.now + .seconds(Sanitizer.patience)
            var isServed = false
            while ContinuousClock.now < end {
                let answer = try fixture.predict()
                #expect(answer.hasPrefix("HTTP/1.1 200"))
                let version = answer.contains("\"model_version\":\(current),")
                answers.insert(
                    "\(answer.contains("\"model_version\":1,")) \(try probability(answer))")
                if version { isServed = true }
                if isServed, !version { Issue.record("an old version after the new one") }
                if isServed, answers.count >= 2 { break }
            }
            #expect(isServed)
        }
        // Two versions, each with one answer: no version was seen with the other's probability.
        #expect(answers.count == 2)
        #expect(answers.contains("true \(before)"))
        #expect(process.pid > 0)
    }

    /// The soft limit is raised to the hard one; one below what the connections need is told.
    @Test(arguments: [("ulimit -Sn 64", "100", false), ("ulimit -n 256", "1000", true)])
    func raisesItsLimitOfDescriptors(
        _ line: String, _ connections: String, _ isWarned: Bool
    ) async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        _ = try await fixture.serve(["--connections-max", connections], after: line)
        let metrics = try fixture.get("/metrics")
        let start = try #require(metrics.firstRange(of: "\nprocess_max_fds ")).upperBound
        let limit = try #require(Int(metrics[start...].prefix { $0.isNumber }))
        #expect(isWarned ? limit == 256 : limit > 256)
        let isTold = fixture.log.contains("\"limit\":\"256\",\"needed\":\"1128\"")
        #expect(isTold == isWarned, "\(fixture.log)")
    }

    /// One warning for each promise at the start; none for each look at the registry, nor when
    /// something else in it changes.
    @Test func warnsOnceOfWhatIsPromisedAndAbsent() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        _ = try await fixture.serve([
            "--model", "m", "--model", "m@canary", "--model", "n@blue",
            "--registry-poll-milliseconds", "10",
        ])
        func warnings() -> [JSONValue] {
            fixture.log.split(separator: "\n").compactMap { try? JSONValue(parsing: String($0)) }
                .filter { $0["msg"] == "promised model absent" }
        }
        #expect(warnings().map { $0["level"] } == ["warning", "warning"])
        #expect(
            warnings().map { $0["reason"] } == [
                "model 'm' has no alias 'canary'", "no model is named 'n'",
            ])
        #expect(warnings().last?["model"] == "n")
        #expect(warnings().last?["alias"] == "blue")
        // Something else changes: it is read again, and nothing is said again.
        try fixture.publish(intercept: 2)
        for _ in 0..<500 where !fixture.log.contains("\"model_version\":\"2\"") {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(fixture.log.contains("\"model_version\":\"2\""))
        #expect(warnings().count == 2)
    }

    private func probability(_ answer: String) throws -> String {
        let start = try #require(answer.firstRange(of: "\"yes\":")).upperBound
        return String(answer[start...].prefix { $0 != "}" })
    }

    @Test(arguments: [
        (["serve"], Int32(2), "--registry"),
        (["serve", "--registry", "x", "--prot", "1"], 2, "--prot"),
        (["serve", "--registry", "x", "--listen", "nowhere"], 2, "not an address"),
        (["serve", "--registry", "x", "--model", "Bad Name"], 2, "is not NAME or NAME@ALIAS"),
        (["models", "list", "--registry", "/nowhere/registry"], 1, "there is no registry"),
        (["models", "verify", "--registry", "/nowhere/registry"], 2, "there is no registry"),
        (["health", "--address", "127.0.0.1:1"], 1, "connect"), (["--version"], 0, "0."),
    ])
    func endsWith(_ arguments: [String], _ status: Int32, _ text: String) throws {
        let fixture = try ServiceFixture()
        let process = try Process(
            ServiceFixture.program("martlet"), arguments, output: "\(fixture.folder)/log")
        #expect(process.wait() == status)
        #expect(fixture.log.contains(text), "\(fixture.log)")
    }
}
