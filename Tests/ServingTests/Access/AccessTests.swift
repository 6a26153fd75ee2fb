// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON
import Logging
import Registry
import Synchronization
import Telemetry
import Testing

@testable import Serving

/// Who may do what, over the whole service.
struct AccessTests {
    /// Every route, and how it is asked.
    private static let routes: [(method: String, path: String, role: AccessRole?)] = [
        ("GET", "/livez", nil), ("GET", "/readyz", nil), ("GET", "/healthz", nil),
        ("GET", "/", nil), ("GET", "/docs", nil), ("GET", "/assets/page.js", nil),
        ("GET", "/openapi.json", .viewer),
        ("POST", "/predict", .predictor), ("POST", "/models/m/predict", .predictor),
        ("POST", "/models/m/versions/1/predict", .predictor),
        ("POST", "/models/m/aliases/production/predict", .predictor),
        ("GET", "/metrics", .viewer), ("GET", "/version", .viewer), ("GET", "/models", .viewer),
        ("GET", "/models/m", .viewer), ("GET", "/models/m/versions/1", .viewer),
        ("GET", "/models/m/quality", .viewer), ("GET", "/models/m/drift", .viewer),
        ("POST", "/feedback", .predictor),
        ("GET", "/rollouts", .viewer), ("POST", "/rollouts", .operator),
        ("GET", "/rollouts/7", .viewer), ("GET", "/rollouts/7/history", .viewer),
        ("GET", "/rollouts/7/verdict", .viewer),
        ("POST", "/rollouts/7/promote", .operator), ("POST", "/rollouts/7/abort", .operator),
        ("POST", "/rollouts/7/pause", .operator), ("POST", "/rollouts/7/resume", .operator),
        ("POST", "/rollouts/7/rollback", .operator),
        ("POST", "/rollouts/7/confirm-promotion", .viewer),
        ("POST", "/rollouts/7/confirm-rollback", .viewer),
    ]

    private static func message(_ method: String, _ path: String, _ fields: String = "") -> [UInt8]
    {
        method == "POST"
            ? ServingFixture.post(Array(ServingFixture.row.utf8), fields, path: path)
            : Array("\(method) \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n".utf8)
    }

    private static let callers: [AccessRole?] = [nil] + AccessRole.allCases

    /// What each role may, by the words of the documentation.
    private static func may(_ caller: AccessRole?, _ required: AccessRole?) -> Bool {
        switch (caller, required) {
        case (_, nil), (.admin, _), (.operator, .viewer), (.operator, .predictor): true
        case (.viewer, .viewer), (.predictor, .predictor), (.operator, .operator): true
        default: false
        }
    }

    @Test(arguments: AccessRole.allCases, AccessRole.allCases)
    func rolesIncludeWhatTheyShould(_ role: AccessRole, _ required: AccessRole) {
        #expect(role.includes(required) == Self.may(role, required))
    }

    @Test func everyRouteAsksForItsRole() throws {
        let tokens = try TokensFixture()
        let control = try tokens.control()
        let fixture = try ServingFixture.serving { $0.access = .roles(control) }
        for route in Self.routes {
            for caller in Self.callers {
                let answer = try fixture.send(
                    Self.message(route.method, route.path, tokens.field(caller)))
                let name = "\(route.path) as \(caller.map(\.rawValue) ?? "nobody")"
                if Self.may(caller, route.role) {
                    // Whatever it is: this service has no rollouts and keeps no feedback.
                    #expect(answer.status != 401 && answer.status != 403, "\(name)")
                } else if let required = route.role, caller != nil {
                    #expect(answer.status == 403, "\(name)")
                    #expect(answer.slug == "forbidden")
                    #expect(answer.json["detail"]?.string?.contains("'\(required)'") == true)
                    #expect(
                        answer.head.contains(
                            "\r\nWWW-Authenticate: Bearer realm=\"martlet\", "
                                + "error=\"insufficient_scope\", scope=\"\(required)\"\r\n"))
                } else {
                    #expect(answer.status == 401, "\(name)")
                    #expect(answer.slug == "unauthenticated")
                    #expect(
                        answer.head.contains(
                            "\r\nWWW-Authenticate: Bearer realm=\"martlet\"\r\n"))
                }
                // OPTIONS tells only what the documentation does.
                let options = Self.message("OPTIONS", route.path)
                #expect(try fixture.send(options).status == 204)
            }
        }
        #expect(try fixture.get("/nowhere").status == 404)
    }

    /// The routes above are all that there are.
    @Test func noRouteIsForgotten() throws {
        let paths = Set(
            Self.routes.map { route in
                let path = route.path.replacing("/m/", with: "/{model}/")
                    .replacing("versions/1", with: "versions/{version}")
                    .replacing("aliases/production", with: "aliases/{alias}")
                switch path {
                case "/models/m": return "/models/{model}"
                case "/assets/page.js": return "/assets/{name}"
                case "/rollouts/7": return "/rollouts/{id}"
                default: return path.hasPrefix("/rollouts/7/") ? "/rollouts/{id}/{verb}" : path
                }
            })
        #expect(paths == Set(Route.labels.dropFirst()))
    }

    @Test func withoutAPredictorPredictionsAreOpen() throws {
        let tokens = try TokensFixture(without: [.predictor])
        let control = try tokens.control()
        let fixture = try ServingFixture.serving { $0.access = .roles(control) }
        #expect(try fixture.send(ServingFixture.post("")).status == 200)
        // Whatever some gateway has left there.
        let other = "Authorization: Bearer none-of-ours\r\n"
        #expect(try fixture.send(ServingFixture.post(other)).status == 200)
        #expect(try fixture.get("/models").status == 401)
    }

    @Test(arguments: [
        ("Bearer nonsense", "unknown"), ("Bearer a b", "malformed"), ("Basic YTpi", "missing"),
    ])
    func refusesOtherCredentials(_ value: String, _ reason: String) throws {
        let tokens = try TokensFixture()
        let control = try tokens.control()
        let fixture = try ServingFixture.serving {
            $0.access = .roles(control)
            $0.audit = AccessAudit(
                metrics: $0.metrics, logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
        }
        let answer = try fixture.send(
            "GET /models HTTP/1.1\r\nHost: a\r\nAuthorization: \(value)\r\n\r\n")
        #expect(answer.status == 401)
        let error = reason == "missing" ? "" : ", error=\"invalid_token\""
        #expect(
            answer.head.contains("\r\nWWW-Authenticate: Bearer realm=\"martlet\"\(error)\r\n"))
        let scrape = try fixture.send(Self.message("GET", "/metrics", tokens.field(.viewer))).body
        #expect(scrape.contains("access_refused_total{reason=\"\(reason)\",role=\"viewer\"} 1\n"))
        #expect(scrape.contains("access_refused_total{reason=\"expired\",role=\"viewer\"} 0\n"))
    }

    @Test func certificatesAreAnotherWayIn() throws {
        let lines = "job viewer cert-dns:job.example\nold viewer cert-dns:old expires=2020-01-01\n"
        let tokens = try TokensFixture(lines)
        let control = try tokens.control()
        let fixture = try ServingFixture.serving { $0.access = .roles(control) }
        func status(_ name: String, _ path: String, _ fields: String = "") throws -> Int {
            let certificate = ClientCertificate(
                sha256: Array(repeating: 7, count: 32), dnsNames: [name], uris: [])
            return try fixture.send(
                Self.message(path == "/predict" ? "POST" : "GET", path, fields),
                certificate: certificate
            ).status
        }
        #expect(try status("job.example", "/models") == 200)
        #expect(try status("job.example", "/predict") == 403)
        #expect(try status("other.example", "/models") == 401)
        #expect(try status("old", "/models") == 401)
        // A token decides where there is one, for better or worse.
        #expect(try status("job.example", "/predict", tokens.field(.admin)) == 200)
        #expect(try status("job.example", "/models", "Authorization: Bearer x\r\n") == 401)
    }

    @Test func addressesServeTheirRoutesOnly() throws {
        for surface in [ServiceSurface.everything, .predictions, .administration] {
            let fixture = try ServingFixture.serving { $0.surface = surface }
            for route in Self.routes {
                let isThere: Bool
                switch (surface, route.role) {
                case (.everything, _): isThere = true
                case (_, nil): isThere = surface == .administration || route.path.hasSuffix("z")
                case (.predictions, .predictor): isThere = true
                // The page has a form to try a prediction.
                case (.administration, .predictor): isThere = route.path != "/feedback"
                case (.administration, _): isThere = true
                case (.predictions, _): isThere = route.path == "/metrics"
                }
                let answer = try fixture.send(Self.message(route.method, route.path))
                if !isThere {
                    #expect(answer.slug == "no-such-route", "\(surface) \(route.path)")
                }
                let options = try fixture.send(Self.message("OPTIONS", route.path))
                #expect(options.status == (isThere ? 204 : 404), "\(surface) \(route.path)")
            }
        }
    }
}
