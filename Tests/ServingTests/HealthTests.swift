// SPDX-License-Identifier: Apache-2.0
import JSON
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

    /// Of two aliases of one model each is told of by itself, and the first that is there answers.
    @Test func tellsOfEachAliasByItself() throws {
        let fixture = try ServingFixture()
        try fixture.publish()
        let promises = ["staging", "production"].map { Promise(model: "m", alias: $0) }
        fixture.watch(promises)
        let ready = try fixture.get("/readyz")
        #expect(ready.status == 503)
        let checks = try #require(ready.json["checks"]?.array)
        #expect(checks.map { $0["name"] } == ["model:m@staging", "model:m@production"])
        #expect(checks.map { $0["status"] } == ["fail", "pass"])
        #expect(checks[0]["detail"]?.string == "the model has no alias 'staging'")
        #expect(checks[1]["detail"] == nil)
        for path in ["/predict", "/models/m/predict"] {
            let answer = try fixture.post(path, #"{"features":[1,"a"]}"#)
            #expect(answer.status == 200)
            #expect(answer.json["model_version"] == 1)
        }
    }

    /// The first promise is kept as soon as it can be.
    @Test func asksTheFirstAliasThatIsThere() async throws {
        let fixture = try ServingFixture()
        try fixture.publish()
        fixture.watch(["staging", "production"].map { Promise(model: "m", alias: $0) })
        try fixture.publish(intercept: 0.7, alias: "staging")
        try await fixture.takeNextSets()
        let answer = try fixture.post("/models/m/predict", #"{"features":[1,"a"]}"#)
        #expect(answer.json["model_version"] == 2)
        #expect(try fixture.get("/readyz").status == 200)
    }
}
