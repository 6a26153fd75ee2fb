// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import TLSTesting
import Testing

/// `POST /feedback` on the built program.
@Suite(.serialized)
struct FeedbackServiceTests {
    private func fixture() throws -> ServiceFixture {
        let fixture = try ServiceFixture()
        try fixture.publishOutcomes()
        return fixture
    }

    private func expect(
        _ receipt: JSONValue, _ counts: KeyValuePairs<String, Int>, conflicts: [String] = [],
        _ location: SourceLocation = #_sourceLocation
    ) {
        let names = ["accepted", "joined", "waiting", "duplicates", "expired", "refused"]
        for name in names {
            let count = counts.first { $0.key == name }?.value ?? 0
            #expect(receipt[name]?.integer == count, "\(name)", sourceLocation: location)
        }
        #expect(
            receipt["conflicts"]?.array?.compactMap(\.string) == conflicts,
            sourceLocation: location)
    }

    @Test func joinsLabelsOnce() async throws {
        let fixture = try fixture()
        let process = try await fixture.serveLabels()
        let outcomes = try fixture.outcomes(4)
        try await fixture.waitForKept(4)
        let one = outcomes[0].label()
        expect(try fixture.label(one), ["accepted": 1, "joined": 1])
        expect(try fixture.label(one), ["duplicates": 1])
        let all = try fixture.label(outcomes + [outcomes[1]])
        expect(all, ["accepted": 3, "joined": 3, "duplicates": 2])
        let other = outcomes[2].isYes ? "no" : "yes"
        let conflict = "{\"prediction_id\":\"\(outcomes[2].id)\",\"label\":\"\(other)\"}"
        expect(try fixture.label(conflict), [:], conflicts: [outcomes[2].id])
        // The first stays.
        expect(try fixture.label(outcomes[2].label()), ["duplicates": 1])
        expect(
            try fixture.label(outcomes[2].label(",\"value\":1")), [:],
            conflicts: [outcomes[2].id])
        for (result, count) in [
            ("accepted", 4.0), ("duplicate", 4), ("conflict", 2), ("waiting", 0), ("refused", 0),
        ] {
            let series = "feedback_labels_total{result=\"\(result)\"}"
            #expect(try fixture.metric(series) == count, "\(result)")
        }
        #expect(try fixture.quality()?["all"]?["accuracy"]?["labels"]?.number == 4)
        #expect(process.pid > 0)
    }

    /// A prediction is written a quarter of a second after it was made; its label may be quicker.
    @Test func takesLabelsThatComeEarly() async throws {
        let fixture = try fixture()
        let process = try await fixture.serveLabels()
        let early = try (0..<8).map { seed in
            let outcome = try fixture.outcomes(1, seed: seed)[0]
            return (outcome, try fixture.label(outcome.label()))
        }
        for (_, receipt) in early { #expect(receipt["accepted"]?.integer == 1) }
        // Eight round trips take less than the quarter of a second in which one is written.
        #expect(early.contains { $0.1["waiting"]?.integer == 1 })
        let unknown = "{\"prediction_id\":\"\(String(repeating: "0f", count: 16))\",\"label\":1}"
        expect(try fixture.label(unknown), ["accepted": 1, "waiting": 1])
        expect(try fixture.label(unknown), ["duplicates": 1])
        for _ in 0..<2000 {
            let counted = try fixture.quality()?["all"]?["accuracy"]?["labels"]?.number
            if counted == 8 { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        let quality = try #require(try fixture.quality()?["all"])
        #expect(quality["accuracy"]?["labels"]?.number == 8)
        let right = early.count { $0.0.isYes == $0.0.predictsYes }
        #expect(quality["accuracy"]?["mean"]?.number == Double(right) / 8)
        for (outcome, _) in early {
            expect(try fixture.label(outcome.label()), ["duplicates": 1])
        }
        #expect(process.pid > 0)
    }

    private static let id = String(repeating: "a1", count: 16)

    @Test func refusesNonsense() async throws {
        let fixture = try fixture()
        let process = try await fixture.serveLabels()
        let label = "\"prediction_id\":\"\(Self.id)\",\"label\":\"yes\""
        let tooMany = (0...10_000).map { _ in "1" }.joined(separator: ",")
        let cases: [(body: String, status: Int, slug: String)] = [
            ("", 400, "invalid-json"), ("{", 400, "invalid-json"), ("\u{0}", 400, "invalid-json"),
            ("{\(label),}", 400, "invalid-json"), ("{\(label)} x", 400, "invalid-json"),
            (String(repeating: "[", count: 100), 400, "invalid-json"),
            ("{\(label),\"value\":NaN}", 400, "invalid-json"),
            ("{\(label),\"value\":1e999}", 400, "invalid-json"),
            ("{\(label),\"label\":\"no\"}", 400, "invalid-json"),
            ("[]", 422, "wrong-type"), ("7", 422, "wrong-type"), ("null", 422, "wrong-type"),
            ("{}", 422, "malformed-label"), ("{\"labels\":[]}", 422, "malformed-label"),
            ("{\"labels\":{}}", 422, "malformed-label"),
            ("{\"labels\":[1]}", 422, "wrong-type"),
            ("{\"labels\":[{\(label)}],\"model\":\"m\"}", 422, "malformed-label"),
            ("{\"labels\":[\(tooMany)]}", 422, "malformed-label"),
            ("{\"labels\":[{\(label)},{}]}", 422, "malformed-label"),
            ("{\"label\":\"yes\"}", 422, "malformed-label"),
            ("{\"prediction_id\":\"\(Self.id)\"}", 422, "malformed-label"),
            ("{\"prediction_id\":\"\(Self.id)0\",\"label\":1}", 422, "malformed-label"),
            ("{\"prediction_id\":\"\(Self.id.dropLast())g\",\"label\":1}", 422, "malformed-label"),
            ("{\"prediction_id\":1,\"label\":1}", 422, "malformed-label"),
            ("{\"prediction_id\":\"\(Self.id)\",\"label\":null}", 422, "malformed-label"),
            ("{\"prediction_id\":\"\(Self.id)\",\"label\":[1]}", 422, "malformed-label"),
            ("{\(label),\"value\":\"1\"}", 422, "malformed-label"),
            ("{\(label),\"value\":1e101}", 422, "malformed-label"),
            ("{\(label),\"slice\":\"\"}", 422, "malformed-label"),
            (
                "{\(label),\"slice\":\"\(String(repeating: "s", count: 65))\"}", 422,
                "malformed-label"
            ),
            ("{\(label),\"observed_at\":\"yesterday\"}", 422, "malformed-label"),
            ("{\(label),\"observed_at\":-1}", 422, "malformed-label"),
            ("{\(label),\"observed_at\":\(Int.max)}", 422, "malformed-label"),
            ("{\(label),\"observed_at\":1.5}", 422, "malformed-label"),
            ("{\(label),\"unknown\":1}", 422, "unknown-member"),
        ]
        for (body, status, slug) in cases {
            let answer = try fixture.send("POST", "/feedback", body)
            #expect(answer.status == status, "\(body.prefix(90)): \(answer.text)")
            #expect(answer.slug == slug, "\(body.prefix(90)): \(answer.text)")
        }
        let text = Outcome.post("/feedback", "{\(label)}")
        let kept = try #require(KeepAlive(port: UInt16(fixture.port)))
        let plain = String(decoding: text, as: UTF8.self)
            .replacing("application/json", with: "text/plain")
        #expect(try kept.answer(plain).slug == "unsupported-media-type")
        #expect(try fixture.send("GET", "/feedback").status == 405)
        // None of all that was kept, and a batch of which one is wrong is not kept either.
        expect(try fixture.label("{\(label)}"), ["accepted": 1, "waiting": 1])
        #expect(process.pid > 0)
    }

    /// What a client says of the time is a client's word.
    @Test func survivesAnyMoment() async throws {
        let fixture = try fixture()
        let process = try await fixture.serveLabels()
        let moments = [
            "0", "253402300799999", "439319.0", "\"0001-01-01T00:00:00Z\"",
            "\"9999-12-31T23:59:59.999Z\"",
            "\"2026-11-21T08:30:00.123456+01:00\"", "\"2026-11-21\"",
        ]
        let outcomes = try fixture.outcomes(moments.count)
        try await fixture.waitForKept(moments.count)
        for (outcome, moment) in zip(outcomes, moments) {
            expect(
                try fixture.label(outcome.label(",\"observed_at\":\(moment)")),
                ["accepted": 1, "joined": 1])
        }
        let series = "feedback_label_delay_p95_seconds{model=\"m\"}"
        try await fixture.waitFor(series, 1)
        #expect(try fixture.metric(series) ?? .infinity <= 36_525 * 86_400)
        #expect(process.pid > 0)
    }

    @Test func saysThatThereIsNoStore() async throws {
        let fixture = try fixture()
        let process = try await fixture.serve()
        try await fixture.waitUntilReady()
        let outcome = try fixture.outcomes(1)[0]
        for answer in [
            try fixture.send("POST", "/feedback", outcome.label()),
            try fixture.send("GET", "/models/m/quality"),
        ] {
            #expect(answer.status == 404)
            #expect(answer.slug == "no-feedback-store")
        }
        #expect(process.pid > 0)
    }
}
