// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import JSON
import Models
import Registry
import TLSTesting
import Testing

/// Candidates with something wrong, on the built program under load: what users notice of it is
/// nothing.
@Suite(.serialized)
struct RolloutServiceTroubleTests {
    /// A stable version that is served, and a candidate; the crowd is to be sent home.
    private func serve(
        _ candidate: [UInt8], _ arguments: [String] = [], environment: [String: String] = [:]
    ) async throws -> (ServiceFixture, Process) {
        let fixture = try ServiceFixture()
        try fixture.publish(Candidate.linear(), .production)
        try fixture.publish(artifact: candidate)
        return (fixture, try await fixture.serveRegistry(arguments, environment: environment))
    }

    /// What begins with the canary, as no copy showed it.
    @Test(arguments: [Crowd.Row.large, .named, .explained])
    func aFailureThatTheShadowDidNotMeet(_ row: Crowd.Row) async throws {
        let candidate =
            switch row {
            case .large: try Candidate.linear(last: 1e10)
            case .named: try Candidate.linear(feature: "y")
            case .plain, .explained: try Candidate.perceptron(width: 4)
            }
        let (fixture, process) = try await serve(candidate.artifact)
        let crowd = Crowd(at: fixture.port)
        let id = try fixture.begin(
            2,
            ServiceFixture.plan([
                "step_requests": 1_000_000,
                "quarantine_deadline_seconds": row == .explained ? 1 : 30,
                "rules": ["relative_error", "paired_error", "disagreement"],
            ]))
        try await fixture.expect("canary:0", of: id)
        while !crowd.visits.contains(where: { $0.arm == "candidate" }) {
            try await Task.sleep(for: .milliseconds(10))
        }
        crowd.send(row)
        // Copies convict; an explanation is not copied, so no copy clears it either.
        try await fixture.expect(
            row == .explained ? "rolled_back:unresolved" : "rolled_back:paired_error", of: id)
        let visits = crowd.stop()
        visits.expectGood()
        let failed = visits.filter { $0.row == row }
        #expect(failed.allSatisfy { $0.version == 1 && $0.arm != "candidate" })
        let events = try fixture.events(of: id)
        let suspicion = try #require(
            events.first { $0["to"]?.string == "quarantined:canary:0" }, "\(events)")
        #expect(suspicion["reason"] == "suspicion")
        #expect((1...5).contains(suspicion.evidence("candidate_failures") ?? 0))
        #expect((1...5).contains(try fixture.failures(ofVersion: 2)))
        #expect(process.pid > 0)
    }

    /// Without a shadow the first users that a broken candidate gets are those that convict it.
    @Test func aCandidateThatAlwaysFailsWithoutAShadow() async throws {
        let (fixture, process) = try await serve(try Candidate.linear(last: 1e10).artifact)
        let crowd = Crowd(at: fixture.port, .large)
        let id = try fixture.begin(
            2,
            ServiceFixture.plan(["shadow": false, "suspicions_max": 1]))
        try await fixture.expect("paused:canary:0:repeated_suspicion", of: id)
        try await Task.sleep(for: .milliseconds(200))
        let visits = crowd.stop()
        visits.expectGood()
        #expect(visits.allSatisfy { $0.version == 1 })
        #expect((1...5).contains(try fixture.failures(ofVersion: 2)))
        #expect(process.pid > 0)
    }

    /// What copies show, no user meets.
    @Test(arguments: [
        "rolled_back:paired_error", "rolled_back:paired_slow", "rolled_back:disagreement",
    ])
    func whatTheShadowShows(_ end: String) async throws {
        let candidate =
            switch end {
            case "rolled_back:paired_error": try Candidate.linear(last: 1e10)
            case "rolled_back:paired_slow": try Candidate.perceptron(width: 256)
            default: try Candidate.linear(weight: -4)
            }
        let (fixture, process) = try await serve(candidate.artifact)
        let crowd = Crowd(at: fixture.port, end.hasSuffix("error") ? .large : .plain)
        let id = try fixture.begin(2, ServiceFixture.plan(["shadow_pairs": 100_000]))
        try await fixture.expect(end, of: id)
        try await Task.sleep(for: .milliseconds(100))
        let visits = crowd.stop()
        visits.expectGood()
        #expect(visits.allSatisfy { $0.version == 1 })
        #expect(try fixture.failures(ofVersion: 2) == 0)
        #expect(try fixture.rollout(id)["verdict"] == "fail")
        #expect(process.pid > 0)
    }

    @Test(arguments: ["golden row", "schema", "labels"])
    func aCandidateThatCannotTakeThePlace(_ fault: String) async throws {
        let artifact =
            switch fault {
            case "golden row": try Candidate.damaged()
            case "schema": try Candidate.linear(featureCount: 9).artifact
            default: try Candidate.linear(labels: ["no", "maybe"]).artifact
            }
        let (fixture, process) = try await serve(artifact)
        let crowd = Crowd(at: fixture.port)
        let id = try fixture.begin(2)
        try await fixture.expect("rolled_back:verification", of: id)
        let visits = crowd.stop()
        visits.expectGood()
        #expect(visits.allSatisfy { $0.version == 1 })
        let reason = try #require(try fixture.rollout(id)["reason"]?.string)
        #expect(reason.hasPrefix("verification: version 2"), "\(reason)")
        #expect(process.pid > 0)
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().path
    private static var canLeak: Bool {
        FileManager.default.isExecutableFile(atPath: "/usr/bin/cc") && !Sanitizer.isPresent
    }

    /// A library leaks in `exp`, which the stable version's answers do without.
    @Test(.enabled(if: canLeak, "needs /usr/bin/cc and no sanitizer"), arguments: [true, false])
    func aCandidateThatLeaks(_ isLeaking: Bool) async throws {
        let fixture = try ServiceFixture()
        let library = "\(fixture.folder)/leak.so"
        let compiler = try Process(
            "/usr/bin/cc",
            ["-shared", "-fPIC", "-O2", "-o", library, Self.folder + "/ExpLeak.c", "-ldl"],
            output: "\(fixture.folder)/cc.log", environment: ["PATH": "/usr/bin:/bin"])
        try #require(compiler.wait() == 0)
        let identity = try Candidate.linear(weight: 0.1, intercept: 0.5, link: .identity)
        try fixture.publish(identity, .production)
        try fixture.publish(
            isLeaking
                ? Candidate.linear(weight: 0.1, intercept: 0)
                : Candidate.linear(weight: 0.1, intercept: 0.51, link: .identity))
        let process = try await fixture.serveRegistry(
            ["--rollout-memory-growth-mib-max", "64"],
            environment: ["LD_PRELOAD": library])
        let crowd = Crowd(at: fixture.port)
        let id = try fixture.begin(
            2,
            ServiceFixture.plan(
                isLeaking
                    ? ["shadow_pairs": 1_000_000, "rules": ["paired_error"]]
                    : ["rules": ["paired_error"], "error_limit": 0.05]))
        try await fixture.expect(isLeaking ? "rolled_back:out_of_memory" : "promoted", of: id)
        crowd.stop().expectGood()
        if isLeaking {
            #expect(crowd.visits.allSatisfy { $0.version == 1 })
            let reason = try #require(try fixture.rollout(id)["reason"]?.string)
            #expect(reason.contains("resident memory has grown by"), "\(reason)")
        }
        #expect(process.pid > 0)
    }

    /// From the request that decides to the last answer of the candidate on any loop.
    @Test func rollsBackInUnderFiftyMilliseconds() async throws {
        let (fixture, process) = try await serve(
            try Candidate.linear(last: 1e10).artifact, ["--loops", "2"])
        var times: [Duration] = []
        for _ in 0..<3 {
            let crowd = Crowd(at: fixture.port, connections: 4)
            let id = try fixture.begin(
                2, ServiceFixture.plan(["shadow": false, "step_requests": 1_000_000]))
            try await fixture.expect("canary:0", of: id)
            // A user of the candidate's: one that it answers.
            var key: Int?
            while key == nil {
                try await Task.sleep(for: .milliseconds(50))
                key = crowd.visits.last { $0.arm == "candidate" }?.key
            }
            let decision = try decide(try #require(key), id, fixture)
            try await fixture.expect("quarantined:canary:0", of: id)
            let visits = crowd.stop()
            visits.expectGood()
            let last = try #require(visits.last { $0.arm == "candidate" })
            times.append(max(.zero, last.received - decision))
            #expect(visits.last?.version == 1)
            #expect(try fixture.send("POST", "/rollouts/\(id)/abort").status == 200)
        }
        print("from the deciding request to the last answer of the candidate:", times)
        // The fastest round tells what the server needs. A slower one tells that the machine stood
        // still, which no test can tell from the server's own delay: it is bounded all the same.
        let fastest = try #require(times.min())
        #expect(fastest < .milliseconds(50 * Sanitizer.patience), "\(times)")
        #expect(times.allSatisfy { $0 < .seconds(Sanitizer.patience) }, "\(times)")
        #expect(process.pid > 0)
    }

    /// Sends what the candidate fails at until it is suspected: among all the good answers of the
    /// crowd's this takes a few more than of one that fails always.
    ///
    /// - Returns: when the last that it failed at was sent.
    private func decide(
        _ user: Int, _ id: Int, _ fixture: ServiceFixture
    ) throws -> ContinuousClock.Instant {
        let bad = try #require(KeepAlive(port: UInt16(fixture.port)))
        var count = try fixture.failures(ofVersion: 2)
        var decision = ContinuousClock.now
        for _ in 0..<500 {
            let sent = ContinuousClock.now
            let answer = bad.answer(to: Array(Crowd.request(user, .large).utf8))
            #expect(answer?.hasPrefix("HTTP/1.1 200") == true)
            let next = try fixture.failures(ofVersion: 2)
            if next > count { decision = sent }
            count = next
            if try fixture.state(of: id) != "canary:0" { break }
        }
        return decision
    }
}
