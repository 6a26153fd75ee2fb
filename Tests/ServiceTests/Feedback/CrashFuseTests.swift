// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Registry
import TLSTesting
import Testing

/// A candidate with which the server crashes time and again is not tried for ever.
@Suite(.serialized)
struct CrashFuseTests {
    /// A canary that stays one.
    private func canary() async throws -> (ServiceFixture, Process, Int) {
        let fixture = try ServiceFixture()
        try fixture.publish(Candidate.linear(), .production)
        try fixture.publish(Candidate.linear(intercept: 0.82))
        let process = try await serve(fixture)
        let id = try fixture.begin(
            2, ServiceFixture.plan(["shadow": false, "step_requests": 100_000_000]))
        try await fixture.expect("canary:0", of: id)
        return (fixture, process, id)
    }

    private func serve(_ fixture: ServiceFixture) async throws -> Process {
        let process = try await fixture.serve(["--feedback-store", fixture.storePath])
        try await fixture.waitUntilReady()
        return process
    }

    /// Ends the server and starts it anew; the rollout is as it was known to be.
    private func restart(
        _ process: Process, by signal: Int32, _ fixture: ServiceFixture
    ) async throws -> Process {
        // What is active is written down when it begins, evidence every two seconds.
        try await Task.sleep(for: .milliseconds(300 * Sanitizer.patience))
        process.signal(signal)
        #expect(process.wait() == (signal == SIGKILL ? -SIGKILL : 0))
        return try await serve(fixture)
    }

    @Test func threeCrashesInARowRollBack() async throws {
        var (fixture, process, id) = try await canary()
        for _ in 0..<2 {
            process = try await restart(process, by: SIGKILL, fixture)
            try await fixture.expect("canary:0", of: id)
            #expect(try fixture.rollout(id)["is_terminal"] == false)
        }
        process = try await restart(process, by: SIGKILL, fixture)
        try await fixture.expect("rolled_back:crash", of: id)
        let document = try fixture.rollout(id)
        #expect(document["verdict"] == "fail")
        #expect(document["reason"]?.string?.hasPrefix("crash: 3 lives") == true)
        let answer = try fixture.exchange(Crowd.request(1, fields: "Connection: close\r\n"))
        #expect(answer.contains("\"model_version\":1"))
        // It is over: the next crash is nobody's.
        process = try await restart(process, by: SIGKILL, fixture)
        let second = try fixture.begin(2, ServiceFixture.plan(["shadow": false]))
        try await fixture.expect("canary:0", of: second)
        #expect(process.pid > 0)
    }

    @Test func aCleanEndStartsTheCountAnew() async throws {
        var (fixture, process, id) = try await canary()
        for signal in [SIGKILL, SIGKILL, SIGTERM, SIGKILL, SIGKILL] {
            process = try await restart(process, by: signal, fixture)
            try await fixture.expect("canary:0", of: id)
        }
        // Long enough for a turn that would roll it back.
        try await Task.sleep(for: .milliseconds(500 * Sanitizer.patience))
        #expect(try fixture.state(of: id) == "canary:0")
        process = try await restart(process, by: SIGKILL, fixture)
        try await fixture.expect("rolled_back:crash", of: id)
        #expect(process.pid > 0)
    }

    @Test(arguments: [SIGTERM, SIGKILL])
    func evidenceSurvives(_ signal: Int32) async throws {
        var (fixture, process, id) = try await canary()
        let crowd = Crowd(at: fixture.port)
        while crowd.visits.count < 500 { try await Task.sleep(for: .milliseconds(20)) }
        crowd.stop().expectGood()
        // Evidence is written every two seconds, and when the server ends.
        if signal == SIGKILL { try await Task.sleep(for: .seconds(4)) }
        let before = try #require(try fixture.rollout(id).evidence("candidate_requests"))
        #expect(before > 0)
        process = try await restart(process, by: signal, fixture)
        try await fixture.expect("canary:0", of: id)
        let after = try #require(try fixture.rollout(id).evidence("candidate_requests"))
        #expect(before <= after)
        #expect(after <= Double(crowd.visits.count))
        #expect(fixture.log.contains("rollout goes on with its evidence"))
        #expect(process.pid > 0)
    }
}
