// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Registry
import TLSTesting
import Testing

/// A candidate that never fails and answers in time, and is a little worse: only labels show it.
@Suite(.serialized)
struct SubtleCandidateTests {
    /// All rules are armed; labels must show that the loss is not worse by a hundredth.
    ///
    /// - Parameter disagreementLimit: the two differ in eight of a hundred labels; far below the
    ///   limit that is soon shown, and the shadow ends.
    private static func plan(disagreementLimit: Double) -> JSONValue {
        ServiceFixture.plan([
            "quality_margin": 0.01, "watch_share": 1, "error_limit": 0.05, "shadow_pairs": 200,
            "bake_seconds": 1, "disagreement_limit": .number(disagreementLimit),
        ])
    }

    private func serve(
        _ candidate: Model, disagreementLimit: Double
    ) async throws -> (fixture: ServiceFixture, process: Process, crowd: LabelledCrowd, id: Int) {
        let fixture = try ServiceFixture()
        try fixture.publish(
            Candidate.linear(weight: Outcome.weight, intercept: Outcome.intercept), .production)
        try fixture.publish(candidate)
        let process = try await fixture.serveLabels([
            "--rollout-copies-per-second-max", "100000",
        ])
        let crowd = LabelledCrowd(at: fixture.port)
        return (
            fixture, process, crowd,
            try fixture.begin(2, Self.plan(disagreementLimit: disagreementLimit))
        )
    }

    /// Noise that its weights take for a sign costs it two points of AUC. Whether copies or users
    /// show it, both versions' answers to a request are compared with one label.
    @Test(arguments: [0.1, 0.4])
    func twoPointsOfAreaAreRolledBackByLabels(_ disagreementLimit: Double) async throws {
        let noise = 1.2
        let start = ContinuousClock.now
        let (fixture, process, crowd, id) = try await serve(
            Candidate.linear(weight: Outcome.weight, last: noise, intercept: Outcome.intercept),
            disagreementLimit: disagreementLimit)
        try await fixture.expect("rolled_back:labels", of: id, within: 60)
        let time = ContinuousClock.now - start
        let outcomes = crowd.stop()
        let lost = outcomes.area { $0.score(last: 0) } - outcomes.area { $0.score(last: noise) }
        #expect(0.015...0.025 ~= lost)
        let events = try fixture.events(of: id)
        let end = try #require(events.last)
        let labels = try #require(end.evidence("labels_seen"))
        let value = try #require(end.evidence("labels"))
        #expect(value >= 700, "seven rules share one percent")
        #expect((1...Double(outcomes.count + 1500)).contains(labels))
        #expect(end.evidence("candidate_failures") == 0)
        #expect(try fixture.rollout(id)["verdict"] == "fail")
        #expect(
            disagreementLimit < 0.2 || events.contains { $0["to"] == "canary:0" },
            "users met it, and their labels convicted it")
        print(
            "an AUC lower by \(lost): rolled back after \(Int(labels)) labels of pairs in \(time),",
            "from \(end["from"]?.string ?? "")")
        #expect(process.pid > 0)
    }

    @Test func anEqualOneIsPromoted() async throws {
        let (fixture, process, crowd, id) = try await serve(
            Candidate.linear(weight: Outcome.weight, last: 0.01, intercept: Outcome.intercept),
            disagreementLimit: 0.1)
        try await fixture.expect("promoted", of: id, within: 60)
        _ = crowd.stop()
        let end = try #require(try fixture.events(of: id).last)
        #expect(try #require(end.evidence("quality")) >= 20)
        #expect(try #require(end.evidence("labels_seen")) >= 100)
        #expect(process.pid > 0)
    }
}
