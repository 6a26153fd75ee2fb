// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Models
import Registry
import TLSTesting
import Testing

/// Rollouts of the built program from beginning to end, by one server, by two, and by one that is
/// killed meanwhile.
@Suite(.serialized)
struct RolloutServiceTests {
    private func fixture(_ candidates: Int = 1) throws -> ServiceFixture {
        let fixture = try ServiceFixture()
        try fixture.publish(Candidate.linear(), .production)
        for number in 1...candidates {
            try fixture.publish(Candidate.linear(intercept: 0.8125 + Double(number) / 100))
        }
        return fixture
    }

    /// A good candidate is promoted, and on the way each user changes to it once and never back.
    @Test func aGoodCandidateIsPromoted() async throws {
        let fixture = try fixture()
        let process = try await fixture.serveRegistry()
        let crowd = Crowd(at: fixture.port, keys: 300)
        let id = try fixture.begin(
            2, ServiceFixture.plan(["steps": [0.1, 0.3, 0.6], "error_limit": 0.05]))
        try await fixture.expect("promoted", of: id)
        let promoted = ContinuousClock.now
        let end = promoted + .seconds(10 * Sanitizer.patience)
        while crowd.visits.last?.arm != "" && .now < end {
            try await Task.sleep(for: .milliseconds(20))
        }
        try await Task.sleep(for: .milliseconds(300))
        let visits = crowd.stop()
        visits.expectGood()
        #expect(visits.last?.version == 2)
        for (key, own) in Dictionary(grouping: visits, by: \.key) {
            let change = own.firstIndex { $0.version == 2 } ?? own.endIndex
            #expect(own[change...].allSatisfy { $0.version == 2 }, "user \(key) went back")
        }
        #expect(try fixture.rollout(id)["verdict"] == "pass")
        try expectWholeHistory(
            of: id, fixture,
            ["verifying", "shadow", "canary:0", "canary:1", "canary:2", "bake", "promoted"])
        #expect(process.pid > 0)
    }

    /// Each step follows the one before it and has the numbers that justified it; so says the
    /// registry's own check.
    private func expectWholeHistory(
        of id: Int, _ fixture: ServiceFixture, _ states: [String]
    ) throws {
        let events = try fixture.events(of: id)
        #expect(events.map { $0["to"]?.string } == states)
        for (former, latter) in zip(events, events.dropFirst()) {
            #expect(latter["from"] == former["to"])
            let number = try #require(former["sequence"]?.integer)
            #expect(latter["sequence"] == .integer(number + 1))
            #expect(latter.evidence("paired_error") != nil)
        }
        let (code, output) = try fixture.run(["models", "verify"])
        #expect(code == 0, "\(output)")
    }

    /// A server that is killed goes on where it was, with the same users on the same versions.
    @Test func stateSurvivesKill() async throws {
        let fixture = try fixture()
        let process = try await fixture.serveRegistry()
        let crowd = Crowd(at: fixture.port)
        let id = try fixture.begin(
            2,
            ServiceFixture.plan([
                "steps": [0.2, 0.5], "step_seconds": 1, "step_requests": 300, "error_limit": 0.05,
            ]))
        try await fixture.expect("canary:1", of: id)
        // Nobody asks any more, so nothing is accepted any more.
        crowd.stop().expectGood()
        func arms() throws -> [Substring] {
            let connection = try #require(KeepAlive(port: UInt16(fixture.port)))
            return (0..<200).map { key in
                Crowd.visit(
                    key, .plain, .now, connection.answer(to: Array(Crowd.request(key).utf8))
                ).arm
            }
        }
        let before = try arms()
        #expect(Set(before) == ["stable", "candidate"])
        try #require(try fixture.state(of: id) == "canary:1")
        process.signal(SIGKILL)
        #expect(process.wait() == -SIGKILL)
        let next = try await fixture.serveRegistry()
        try await fixture.expect("canary:1", of: id)
        let end = ContinuousClock.now + .seconds(10 * Sanitizer.patience)
        while try arms().contains("") && .now < end {}
        #expect(try arms() == before)
        #expect(try fixture.state(of: id) == "canary:1")
        #expect(next.pid > 0)
    }

    /// Servers of one registry: what one has found out the other acts on.
    @Test func twoServersAgree() async throws {
        let first = try ServiceFixture()
        try first.publish(Candidate.linear(), .production)
        try first.publish(Candidate.linear(last: 1e10))
        try first.publish(Candidate.linear(intercept: 0.82))
        let second = try ServiceFixture()
        let processes = (
            try await first.serveRegistry(), try await second.serveRegistry(of: first.registryPath)
        )
        let crowds = (Crowd(at: first.port), Crowd(at: second.port))
        let bad = try first.begin(
            2,
            ServiceFixture.plan([
                "step_requests": 1_000_000, "rules": ["labels"], "shadow_pairs": 0,
            ]))
        for fixture in [first, second] { try await fixture.expect("canary:0", of: bad) }
        while !crowds.1.visits.contains(where: { $0.arm == "candidate" }) {
            try await Task.sleep(for: .milliseconds(10))
        }
        crowds.0.send(.large)
        // Nothing is wrong with what the second one sees.
        try await first.expect("quarantined:canary:0", of: bad)
        let quarantined = ContinuousClock.now
        try await second.expect("quarantined:canary:0", of: bad)
        // Mostly a fraction of a second, but a machine that is busy may need more.
        let delay = ContinuousClock.now - quarantined
        print("from one server's quarantine to the other's:", delay)
        #expect(delay < .seconds(5 * Sanitizer.patience))
        crowds.0.send(.plain)
        #expect(try second.send("POST", "/rollouts/\(bad)/rollback").status == 200)
        try await first.expect("rolled_back:operator", of: bad)
        // A good one is promoted for both.
        let good = try second.begin(3, ServiceFixture.plan(["error_limit": 0.05]))
        try await first.expect("promoted", of: good)
        try await second.expect("promoted", of: good)
        let end = ContinuousClock.now + .seconds(5 * Sanitizer.patience)
        while .now < end, crowds.0.visits.last?.version != 3 || crowds.1.visits.last?.version != 3 {
            try await Task.sleep(for: .milliseconds(20))
        }
        for crowd in [crowds.0, crowds.1] {
            let visits = crowd.stop()
            visits.expectGood()
            #expect(visits.last?.version == 3)
        }
        #expect(processes.0.pid > 0 && processes.1.pid > 0)
    }

    /// Three versions share four fifths of the users; the rest sees no experiment.
    @Test func anExperimentHoldsItsShares() async throws {
        let fixture = try fixture(2)
        let process = try await fixture.serveRegistry()
        let id = try fixture.begin(
            nil,
            [
                "arms": [
                    ["version": 1, "weight": 0.4], ["version": 2, "weight": 0.3],
                    ["version": 3, "weight": 0.3],
                ], "exposure": 0.8, "shadow": false,
            ])
        try await fixture.expect("canary:0 canary:0", of: id)
        let connection = try #require(KeepAlive(port: UInt16(fixture.port)))
        func visits() -> [Crowd.Visit] {
            (0..<1500).map { key in
                Crowd.visit(
                    key, .plain, .now, connection.answer(to: Array(Crowd.request(key).utf8)))
            }
        }
        let once = visits()
        once.expectGood()
        // A share's standard deviation is at most 1.3 %; no test fails by chance at five of them.
        for (arm, version, share) in [("stable", 1, 0.52), ("arm-1", 2, 0.24), ("arm-2", 3, 0.24)] {
            let count = once.count { $0.arm == arm && $0.version == version }
            #expect(abs(Double(count) / 1500 - share) < 0.065, "\(arm): \(count)")
        }
        #expect(visits().map(\.arm) == once.map(\.arm))
        try await Task.sleep(for: .milliseconds(1500))
        // Who is held back is counted for no arm.
        let metrics = try fixture.get("/metrics")
        let line = try #require(
            metrics.firstMatch(
                of: #/rollout_requests\{model="m",arm="stable",outcome="good"\} (\d+)/#),
            "\(metrics.split(separator: "\n").filter { $0.contains("rollout_") })")
        let counted = try #require(Int(line.output.1))
        #expect(abs(Double(counted) / 3000 - 0.32) < 0.065, "\(counted)")
        #expect(try fixture.send("POST", "/rollouts/\(id)/promote").status == 422)
        let promoted = try fixture.send("POST", "/rollouts/\(id)/promote", #"{"version":3}"#)
        #expect(promoted.status == 200, "\(promoted.text)")
        try await fixture.expect("superseded promoted", of: id)
        try await Task.sleep(for: .seconds(Sanitizer.patience))
        #expect(visits().allSatisfy { $0.status == 200 && $0.version == 3 })
        let (code, output) = try fixture.run(["models", "verify"])
        #expect(code == 0, "\(output)")
        #expect(process.pid > 0)
    }

    @Test func anAbortedExperimentEndsAtOnce() async throws {
        let fixture = try fixture(2)
        let process = try await fixture.serveRegistry()
        let arms: JSONValue = [
            ["version": 1, "weight": 0.2], ["version": 2, "weight": 0.4],
            ["version": 3, "weight": 0.4],
        ]
        let id = try fixture.begin(nil, ["arms": arms, "shadow": false])
        try await fixture.expect("canary:0 canary:0", of: id)
        let crowd = Crowd(at: fixture.port)
        while !crowd.visits.contains(where: { $0.version == 3 }) {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try fixture.send("POST", "/rollouts/\(id)/abort").status == 200)
        try await Task.sleep(for: .milliseconds(50 * Sanitizer.patience))
        let ended = ContinuousClock.now
        try await Task.sleep(for: .milliseconds(200))
        let visits = crowd.stop()
        visits.expectGood()
        #expect(visits.filter { $0.sent > ended }.allSatisfy { $0.version == 1 })
        #expect(try fixture.state(of: id) == "aborted aborted")
        #expect(process.pid > 0)
    }
}
