// SPDX-License-Identifier: Apache-2.0
import JSON
import Registry
import TLSTesting
import Testing

/// What `martlet serve` does about events before there are any.
struct ServeEventsTests {
    /// Told at the start, and not on the day of the drift.
    @Test(arguments: [
        (
            ["--webhook-url", "http://127.0.0.1:1/", "--webhook-secret-file", "/nowhere/secret"],
            "/nowhere/secret: No such file or directory"
        ),
        (
            ["--webhook-url", "http://127.0.0.1:1/", "--webhook-secret-file", "/dev/null"],
            "/dev/null: the secret is empty"
        ),
        (["--on-drift-exec", "/nowhere/train"], "/nowhere/train: No such file or directory"),
        (["--on-drift-exec", "/"], "on-drift-exec: /: this is no program"),
    ])
    func doesNotStartWithWhatCannotWork(_ flags: [String], _ text: String) throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let result = try fixture.run(["serve", "--listen", "127.0.0.1:0"] + flags)
        #expect(result.code == 1)
        #expect(result.output.contains(text), "\(result.output)")
    }

    @Test func doesNotStartWithAFileThatIsNoProgram() throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let path = try fixture.write([0x23], "notes")
        let result = try fixture.run(["serve", "--listen", "127.0.0.1:0", "--on-drift-exec", path])
        #expect(result.code == 1)
        #expect(result.output.contains(path), "\(result.output)")
    }

    /// A version that answers nonsense, by the labels that come, is told of once and has a program
    /// run.
    @Test func tellsOfAQualityBelowItsFloor() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(Candidate.linear(), .production)
        let process = try await fixture.serveRegistry([
            "--feedback-store", "\(fixture.folder)/feedback", "--quality-floor", "0.9",
            "--on-drift-exec", "/bin/true",
        ])
        var labels: [JSONValue] = []
        for key in 0..<120 {
            let connection = try #require(KeepAlive(port: UInt16(fixture.port)))
            let answer = try connection.answer(Crowd.request(key, .plain))
            let id = try JSONValue(parsing: answer.text)["prediction_id"]
            labels.append(["prediction_id": try #require(id), "label": "neither"])
        }
        let feedback: JSONValue = ["labels": .array(labels)]
        #expect(try fixture.send("POST", "/feedback", feedback.text).status == 200)
        let told = "\nevents_total{kind=\"quality\"} 1\n"
        let run = "\nretrain_runs_total{result=\"succeeded\"} 1\n"
        let end = ContinuousClock.now + .seconds(20 * Sanitizer.patience)
        var metrics = ""
        while !metrics.contains(run) && .now < end {
            try await Task.sleep(for: .milliseconds(50))
            metrics = try fixture.get("/metrics")
        }
        #expect(metrics.contains(run), "\(metrics)")
        try await Task.sleep(for: .milliseconds(2500))
        #expect(try fixture.get("/metrics").contains(told))
        #expect(process.pid > 0)
    }

    @Test func countsEventsFromTheStart() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        _ = try await fixture.serve([
            "--webhook-url", "http://127.0.0.1:1/", "--on-drift-exec", "/bin/true",
        ])
        let metrics = try fixture.get("/metrics")
        for series in [
            #"events_total{kind="drift"} 0"#, #"events_delivered_total{result="failed"} 0"#,
            "events_dropped_total 0", "events_duplicate_total 0",
            "events_delivery_retries_total 0", #"retrain_runs_total{result="timed_out"} 0"#,
            #"retrain_skipped_total{reason="cooldown"} 0"#,
        ] {
            #expect(metrics.contains("\n\(series)\n"), "\(series)")
        }
    }
}
