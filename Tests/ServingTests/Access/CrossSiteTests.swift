// SPDX-License-Identifier: Apache-2.0
import Logging
import Serving
import Testing

/// What a page of another site cannot have a browser do.
struct CrossSiteTests {
    private static func fixture() throws -> ServingFixture {
        try ServingFixture.serving { context in
            context.rollouts = RolloutEngine(
                registryPath: "none", metrics: context.metrics,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ) { _ in }
        }
    }

    private static let orders = [
        "/rollouts", "/feedback", "/rollouts/1/promote", "/rollouts/1/abort", "/rollouts/1/pause",
        "/rollouts/1/resume", "/rollouts/1/rollback",
    ]

    @Test(arguments: orders)
    func refusesOrders(_ path: String) throws {
        let fixture = try Self.fixture()
        for field in ["Sec-Fetch-Site: cross-site", "Origin: https://evil.example"] {
            let answer = try fixture.send(
                "POST \(path) HTTP/1.1\r\nHost: a\r\n\(field)\r\nContent-Length: 0\r\n\r\n")
            #expect(answer.status == 403)
            #expect(answer.slug == "cross-site")
        }
        for field in ["Sec-Fetch-Site: same-origin", "Origin: http://a", "Accept: */*"] {
            let answer = try fixture.send(
                "POST \(path) HTTP/1.1\r\nHost: a\r\n\(field)\r\nContent-Length: 0\r\n\r\n")
            #expect(answer.slug != "cross-site")
        }
    }

    /// They change nothing.
    @Test func letsQuestionsAndPredictionsPass() throws {
        let fixture = try Self.fixture()
        let field = "Sec-Fetch-Site: cross-site\r\nOrigin: https://evil.example\r\n"
        #expect(try fixture.send(ServingFixture.post(field)).status == 200)
        for path in ["/rollouts", "/models", "/readyz"] {
            let answer = try fixture.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\(field)\r\n")
            #expect(answer.status == 200, "\(path)")
        }
        let confirmation = try fixture.send(
            "POST /rollouts/1/confirm-promotion HTTP/1.1\r\nHost: a\r\n\(field)"
                + "Content-Length: 0\r\n\r\n")
        #expect(confirmation.slug == "registry-unavailable")
    }

    /// What browsers send without asking first.
    @Test(arguments: ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
    func takesOrdersInJSONOnly(_ type: String) throws {
        let fixture = try Self.fixture()
        for path in ["/rollouts", "/rollouts/1/promote"] {
            let answer = try fixture.post(path, #"{"reason":"why"}"#, type: type)
            #expect(answer.status == 415)
            #expect(answer.slug == "unsupported-media-type")
            #expect(try fixture.post(path, #"{"reason":"why"}"#).status != 415)
            let untyped = try fixture.send(
                "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
            #expect(untyped.status == 415)
        }
        // Nothing to misread.
        let bare = try fixture.send(
            "POST /rollouts/1/promote HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        #expect(bare.slug == "registry-unavailable")
    }
}
