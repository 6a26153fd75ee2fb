// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import TLSTesting
import Testing

/// A store that is out of order costs labels, and no prediction.
@Suite(.serialized)
struct FeedbackServiceFaultTests {
    private func fixture() throws -> ServiceFixture {
        let fixture = try ServiceFixture()
        try fixture.publishOutcomes()
        return fixture
    }

    private func expectFault(_ fixture: ServiceFixture, _ known: Outcome) async throws {
        let outcomes = try fixture.outcomes(50, seed: 2)
        #expect(outcomes.count == 50)
        try await fixture.waitFor("feedback_store_errors_total", 1)
        let answer = try fixture.send("POST", "/feedback", known.label())
        #expect(answer.status == 503, "\(answer.text)")
        #expect(answer.slug == "feedback-store-unavailable")
        #expect(try fixture.outcomes(50, seed: 3).count == 50)
        #expect(fixture.log.contains("feedback store out of order"))
        #expect(try fixture.send("GET", "/models/m/quality").status == 200)
        #expect(try fixture.get("/readyz").hasPrefix("HTTP/1.1 200"))
    }

    @Test func servesBesideADamagedFile() async throws {
        let fixture = try fixture()
        let process = try await fixture.serveLabels()
        let known = try fixture.outcomes(50)[0]
        try await fixture.waitForKept(50)
        let descriptor = open(fixture.storePath, O_WRONLY)
        let size = try ServiceFixture.contents(fixture.storePath).count
        try #require(pwrite(descriptor, [UInt8](repeating: 0x55, count: size), size, 0) == size)
        close(descriptor)
        try await expectFault(fixture, known)
        // The next server is told to keep labels in what is no store: that is a wrong setting.
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
        let (code, output) = try fixture.run([
            "serve", "--listen", "127.0.0.1:\(fixture.port)", "--feedback-store",
            fixture.storePath,
        ])
        #expect(code == 1)
        #expect(output.contains("feedback-store: cannot open"), "\(output)")
    }

    /// No file may grow beyond 160 KiB: what SQLite is told then is not that the disk is full, but
    /// that it cannot write.
    @Test func servesWhenTheFileCannotGrow() async throws {
        let fixture = try fixture()
        let process = try await fixture.serve(
            ["--feedback-store", fixture.storePath, "--log-level", "error"],
            after: "trap '' XFSZ; ulimit -f 320")
        try await fixture.waitUntilReady()
        let known = try fixture.outcomes(50)[0]
        try await fixture.waitForKept(50)
        var seed = 10
        while try fixture.metric("feedback_store_errors_total") ?? 0 < 1, seed < 60 {
            _ = try fixture.outcomes(100, seed: seed)
            seed += 1
        }
        #expect(try fixture.metric("feedback_store_errors_total") ?? 0 >= 1)
        #expect(fixture.log.contains("feedback store out of order"))
        #expect(try fixture.outcomes(50, seed: 3).count == 50)
        // A label of what was kept may still find room, or not: it is no crash either way.
        let answer = try fixture.send("POST", "/feedback", known.label())
        #expect([200, 503].contains(answer.status), "\(answer.text)")
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
    }

    /// Another process holds the file for longer than the server waits for it, as an erasure of a
    /// large one does: what was answered meanwhile is written when it lets go.
    @Test func writesLaterWhatABusyFileDidNotTake() async throws {
        let fixture = try fixture()
        let process = try await fixture.serveLabels()
        let first = try fixture.outcomes(10)
        try await fixture.waitForKept(10)
        // There before the first one, so that an alert sees an increase.
        #expect(try fixture.metric("feedback_store_errors_total") == 0)
        var lock: SQLiteLock? = try SQLiteLock(.exclusive, of: fixture.storePath)
        let meanwhile = try fixture.outcomes(20, seed: 2)
        try await fixture.waitFor("feedback_store_errors_total", 1)
        #expect(lock != nil)
        lock = nil
        try await fixture.waitForKept(30)
        #expect(try fixture.label(first + meanwhile)["joined"]?.integer == 30)
        #expect(try fixture.metric("feedback_predictions_dropped_total{reason=\"store\"}") == 0)
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
        #expect(fixture.log.contains("feedback store in order again"))
    }
}
