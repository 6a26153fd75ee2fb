// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Serving

/// The document is made once for what it depends on.
struct OpenAPICacheTests {
    private func key(
        _ surface: ServiceSurface = .everything, guards: Bool = true, busy: [String] = []
    ) -> OpenAPICache.Key {
        OpenAPICache.Key(surface: surface, guardsPredictions: guards, busyModels: busy)
    }

    @Test func makesADocumentOnceForEachKey() {
        let cache = OpenAPICache()
        let keys = [
            key(), key(.administration), key(guards: false), key(busy: ["m"]), key(busy: ["n"]),
        ]
        for (number, key) in keys.enumerated() {
            let text = [UInt8(number)]
            let made = cache.text(for: key) { text }
            let kept = cache.text(for: key) {
                Issue.record("made twice")
                return []
            }
            #expect(made == text && kept == text)
        }
        // The last only is kept.
        let again = cache.text(for: keys[0]) { [9] }
        #expect(again == [9])
    }

    /// What the service answers is kept with its set, and goes with it.
    @Test func aSetKeepsItsDocument() async throws {
        let fixture = try ServingFixture.serving()
        let first = try fixture.get("/openapi.json")
        let key = OpenAPIDocument(fixture.service.set, surface: .everything, access: .open).key
        let kept = fixture.service.set.openAPI.text(for: key) {
            Issue.record("not kept")
            return []
        }
        #expect(kept == first.bytes)
        #expect(try fixture.get("/openapi.json").bytes == kept)
        let path = "/models/m/versions/2/predict"
        #expect(first.json["paths"]?[path] == nil)
        try fixture.publish(intercept: 3)
        try await fixture.takeNextSets()
        #expect(try fixture.get("/openapi.json").json["paths"]?[path] != nil)
    }
}
