// SPDX-License-Identifier: Apache-2.0
import Testing

/// How a target finds its route (RFC 3986 section 6.2.2): the same resource however it is written,
/// and no other one by writing it cleverly.
struct RouteTests {
    @Test(arguments: [
        "/predict", "/predict?", "/predict?a=/metrics&b=?", "/%70redict", "/pr%65dic%74",
        "/./predict", "/metrics/../predict", "/a/%2E%2e/predict", "http://a/predict",
        "HTTP://A/x/../predict?y", "/models/%6d/versions/%31/predict",
    ])
    func findsAPathHoweverItIsWritten(_ target: String) throws {
        let body = #"{"features": [40, "Bern"]}"#
        let answer = try ServingFixture.serving().send(
            "POST \(target) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        #expect(answer.status == 200, "\(answer.body)")
    }

    /// An escaped slash separates nothing, escapes are undone once, and case counts.
    @Test(arguments: [
        "/livez%2F", "/models%2Fm", "/x%2f..%2flivez", "//livez", "/livez/", "/livez//", "/Livez",
        "/%4Civez", "/%256Civez", "/livez;v=1", "/livez%20", "/livez%3Fx", "/livez%23",
        "/livez.", "/x?/livez", "/models//m", "/models/m/", "/models/",
        "/models/m//predict", "/models/m/versions/1/", "/models/m/versions//1", "http://a",
        "/assets/",
        "/assets/", "/assets/x.js", "/assets/page.js/", "/docs/", "/index.html",
    ])
    func findsNoOther(_ target: String) throws {
        let answer = try ServingFixture.serving().get(target)
        #expect(answer.status == 404)
        #expect(answer.slug == "no-such-route")
    }

    /// What the path said is told to nobody but its sender; metrics know routes.
    @Test func namesNoPathInMetrics() throws {
        let fixture = try ServingFixture.serving()
        _ = try fixture.get("/secret-path")
        #expect(try !fixture.scrape().contains("secret-path"))
    }

    @Test(arguments: ["*", "http://a", "http://a:80"])
    func knowsWhatTheServerTakes(_ target: String) throws {
        let host = target.hasSuffix(":80") ? "a:80" : "a"
        let answer = try ServingFixture.serving().send(
            "OPTIONS \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        #expect(answer.status == 204)
        #expect(answer.head.contains("\r\nAllow: GET, HEAD, POST, OPTIONS\r\n"))
    }

    /// Known methods that a route has not, with those it has (RFC 9110 section 15.5.6).
    @Test(arguments: [
        ("GET", "/predict", "POST, OPTIONS"), ("HEAD", "/predict", "POST, OPTIONS"),
        ("PUT", "/models/m/predict", "POST, OPTIONS"),
        ("DELETE", "/models/m", "GET, HEAD, OPTIONS"),
        ("PATCH", "/models", "GET, HEAD, OPTIONS"),
        ("POST", "/metrics", "GET, HEAD, OPTIONS"), ("POST", "/healthz", "GET, HEAD, OPTIONS"),
    ])
    func tellsWhatItWouldTake(_ method: String, _ path: String, _ allowed: String) throws {
        let answer = try ServingFixture.serving().send(
            "\(method) \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
        #expect(answer.status == 405)
        #expect(answer.head.contains("\r\nAllow: \(allowed)\r\n"))
    }

    /// A client's name for its request is kept if every log can hold it as it is.
    @Test(arguments: [
        ("a", true), ("7c02-f718_46:07/3c.1f9!{}~", true),
        (String(repeating: "x", count: 128), true),
        (String(repeating: "x", count: 129), false), ("", false), ("a b", false), ("a\"b", false),
        ("a\\b", false), ("a\tb", false), ("caf\u{E9}", false),
    ])
    func namesEveryRequest(_ name: String, _ isKept: Bool) throws {
        let fixture = try ServingFixture.serving()
        for path in ["/livez", "/version", "/nowhere", "/predict"] {
            let answer = try fixture.send(
                "GET \(path) HTTP/1.1\r\nHost: a\r\nX-Request-Id: \(name)\r\n\r\n")
            let line = answer.head.split(separator: "\r\n").first {
                $0.hasPrefix("X-Request-Id: ")
            }
            let value = try #require(line).dropFirst("X-Request-Id: ".count)
            #expect((value == name) == isKept)
            #expect(isKept || value.wholeMatch(of: #/[0-9a-f]{32}/#) != nil)
        }
    }
}
