// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

/// Servers that share a feedback store, as containers on one volume do.
struct FeedbackNameTests {
    @Test func twoServersOfOneNameDoNotShareAStore() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let store = ["--feedback-store", "\(fixture.folder)/feedback"]
        let first = try await fixture.serveRegistry(store + ["--feedback-server-name", "one"])
        let second = ["serve", "--listen", "127.0.0.1:0"] + store
        let refused = try fixture.run(second + ["--feedback-server-name", "one"])
        #expect(refused.code == 1)
        #expect(refused.output.contains("another server uses the feedback store as 'one'"))
        #expect(refused.output.contains("feedback-server-name"), "\(refused.output)")
        // Another name is another server, and one that was killed has its name no longer.
        let other = try ServiceFixture()
        let process = try await other.serveRegistry(store, of: fixture.registryPath)
        first.signal(SIGKILL)
        #expect(first.wait() == -SIGKILL)
        let heir = try ServiceFixture()
        let next = try await heir.serveRegistry(
            store + ["--feedback-server-name", "one"], of: fixture.registryPath)
        #expect(next.pid > 0 && process.pid > 0)
    }
}
