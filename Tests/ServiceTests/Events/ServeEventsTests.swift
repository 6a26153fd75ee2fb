// SPDX-License-Identifier: Apache-2.0
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
