// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import Models
import Registry
import Serving
import Testing

struct RegistryWatcherTests {
    private func version(_ fixture: ServingFixture) throws -> Int? {
        try fixture.post("/models/m/predict", #"{"features":[1,"a"]}"#).json["model_version"]?
            .integer
    }

    @Test func anEmptyRegistryIsAliveAndSaysWhyItIsNotReady() throws {
        let fixture = try ServingFixture()
        fixture.watch()
        #expect(try fixture.get("/livez").status == 200)
        let ready = try fixture.get("/readyz")
        #expect(ready.status == 503)
        #expect(ready.body.contains("no model in the registry has the alias 'production'"))
        let answer = try fixture.post("/predict", "{}")
        #expect(answer.status == 503)
        #expect(answer.json["type"] == "urn:martlet:problem:no-model-served")
    }

    @Test func servesWhatIsPromoted() async throws {
        let fixture = try ServingFixture()
        try fixture.publish(intercept: 1)
        fixture.watch()
        #expect(try version(fixture) == 1)
        #expect(try fixture.get("/healthz").status == 200)
        try fixture.publish(intercept: 2)
        try await fixture.takeNextSets()
        #expect(try version(fixture) == 2)
        _ = try fixture.registry.rollBack(
            .production, of: ModelName("m"), actor: "me", reason: "")
        try await fixture.takeNextSets()
        #expect(try version(fixture) == 1)
    }

    /// Age and version of what is served, not of what was refused.
    @Test func tellsWhatEachAliasServes() async throws {
        let fixture = try ServingFixture()
        try fixture.publish(intercept: 1)
        fixture.watch()
        func registered() throws -> Double? {
            let name = "model_alias_registered_timestamp_seconds{model=\"m\",alias=\"production\"} "
            return try fixture.scrape().split(separator: "\n").first { $0.hasPrefix(name) }
                .flatMap { Double($0.dropFirst(name.count)) }
        }
        let version = "model_alias_version{model=\"m\",alias=\"production\"} "
        #expect(try fixture.scrape().contains("\n\(version)1\n"))
        let first = try #require(try registered())
        #expect(abs(first - Double(Timestamp.now.milliseconds) / 1000) < 60)
        _ = try fixture.publish(bytes: Array("not a model".utf8))
        try await fixture.takeNextSets()
        #expect(try fixture.scrape().contains("\n\(version)1\n"))
        #expect(try registered() == first)
        try fixture.publish(intercept: 3)
        try await fixture.takeNextSets()
        #expect(try fixture.scrape().contains("\n\(version)3\n"))
        #expect(try #require(try registered()) > first)
    }

    @Test func theNewestVersionCanBeAskedBeforeItIsPromoted() throws {
        let fixture = try ServingFixture()
        try fixture.publish(intercept: 1)
        try fixture.publish(intercept: 2, alias: nil)
        try fixture.publish(intercept: 3, alias: nil)
        fixture.watch()
        #expect(try version(fixture) == 1)
        let body = #"{"features":[1,"a"]}"#
        #expect(try fixture.post("/models/m/versions/3/predict", body).status == 200)
        let unloaded = try fixture.post("/models/m/versions/2/predict", body)
        #expect(unloaded.json["type"] == "urn:martlet:problem:version-not-loaded")
    }

    @Test func refusesAVersionThatFailsItsProofAndServesTheOldOne() async throws {
        let fixture = try ServingFixture()
        try fixture.publish()
        fixture.watch()
        // A weight is changed after the golden rows were computed.
        var bytes = try #require(ServingFixture.model(intercept: 9)).artifact
        bytes[bytes.count - 8 * 6 + 6] ^= 0x10
        _ = try fixture.publish(bytes: bytes)
        try await fixture.takeNextSets()
        #expect(try version(fixture) == 1)
        let ready = try fixture.get("/readyz")
        #expect(ready.status == 200)
        #expect(ready.body.contains("version 2 was refused: golden row 0: margins"))
        let text = try fixture.scrape()
        #expect(text.contains("model_refused_total{model=\"m\"} 1\n"))
        #expect(text.contains("registry_reload_total{result=\"failure\"} 1\n"))
        #expect(text.contains("model_loaded{model=\"m\",version=\"1\"} 1\n"))
        #expect(!text.contains("version=\"2\""))
    }

    @Test func refusesWhatIsNoArtifact() async throws {
        let fixture = try ServingFixture()
        _ = try fixture.publish(bytes: Array("not a model".utf8))
        fixture.watch([Promise(model: "m", alias: "production")])
        let ready = try fixture.get("/readyz")
        #expect(ready.status == 503)
        #expect(ready.body.contains("version 1 was refused: artifact: "))
        #expect(try fixture.post("/predict", "{}").status == 503)
    }

    @Test func keepsServingWhenTheRegistryIsGone() async throws {
        let fixture = try ServingFixture()
        try fixture.publish()
        fixture.watch()
        #expect(rename(fixture.registryPath, fixture.registryPath + "-journal") == 0)
        try await fixture.takeNextSets()
        #expect(try version(fixture) == 1)
        let ready = try fixture.get("/readyz")
        #expect(ready.status == 200)
        #expect(ready.body.contains("there is no registry"))
        #expect(rename(fixture.registryPath + "-journal", fixture.registryPath) == 0)
        try await fixture.takeNextSets()
        #expect(try !fixture.get("/readyz").body.contains("there is no registry"))
    }

    @Test func describesModelsAndVersions() throws {
        let fixture = try ServingFixture()
        try fixture.publish()
        fixture.watch()
        let model = try fixture.get("/models/m").json
        #expect(model["serving_version"] == 1)
        #expect(model["aliases"] == ["production": 1])
        let version = try fixture.get("/models/m/versions/1").json
        #expect(version["loaded"] == true)
        #expect(version["lineage"] == ["seed": 1])
        #expect(version["features"]?.array?.count == 2)
        #expect(version["example"] == ["age": .number(0), "city": "Bern"])
        #expect(try fixture.get("/models").json["models"]?.array?.count == 1)
    }
}
