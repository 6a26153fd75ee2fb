// SPDX-License-Identifier: Apache-2.0
import Serving
import Synchronization
import Testing

struct HealthTests {
    private final class Switch: Sendable {
        let isOn = Atomic<Bool>(false)
    }

    @Test func tellsOfDrainingAtOnceThoughReportsAreKept() throws {
        let draining = Switch()
        let fixture = try ServingFixture { context in
            context = ServiceContext(
                metrics: context.metrics, versionDocument: context.versionDocument,
                isDraining: { draining.isOn.load(ordering: .relaxed) }, isAlive: { true })
        }
        try fixture.publish()
        fixture.watch()
        #expect(try fixture.get("/readyz").status == 200)
        let kept = try fixture.get("/readyz").body
        draining.isOn.store(true, ordering: .relaxed)
        let ready = try fixture.get("/readyz")
        #expect(ready.status == 503)
        #expect(ready.body.contains("the server is stopping"))
        draining.isOn.store(false, ordering: .relaxed)
        #expect(try fixture.get("/readyz").body == kept)
    }

    @Test func tellsOfANewSetAtOnceThoughReportsAreKept() async throws {
        let fixture = try ServingFixture()
        try fixture.publish()
        fixture.watch()
        #expect(try fixture.get("/readyz").body.contains("\"version\":1"))
        try fixture.publish(intercept: 0.7)
        try await fixture.takeNextSets()
        #expect(try fixture.get("/readyz").body.contains("\"version\":2"))
    }
}
