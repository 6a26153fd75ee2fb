// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON
import Serving
import Testing
import Zlib

/// Codings, media types, methods and limits: what is judged before a model is asked.
struct ContentTests {
    private static let row = #"{"features":[50,"Bern"]}"#

    private func fixture(
        _ change: (inout ServiceContext) -> Void = { _ in }
    ) throws -> ServingFixture {
        let fixture = try ServingFixture(change)
        try fixture.publish()
        fixture.watch()
        return fixture
    }

    private func post(_ body: [UInt8], _ fields: String, path: String = "/predict") -> [UInt8] {
        Array(
            ("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\(fields)"
                + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
    }

    private func post(_ fields: String) -> [UInt8] { post(Array(Self.row.utf8), fields) }

    @Test(arguments: ["gzip", "x-gzip", "GZip"])
    func readsACompressedBody(_ coding: String) throws {
        let body = try Gzip.compress(Array(Self.row.utf8))
        let answer = try fixture().send(post(body, "Content-Encoding: \(coding)\r\n"))
        #expect(answer.status == 200)
        #expect(answer.json["prediction"] == "yes")
    }

    @Test(arguments: ["br", "deflate", "gzip, gzip", "gzip,", ""])
    func refusesOtherCodings(_ coding: String) throws {
        let answer = try fixture().send(post("Content-Encoding: \(coding)\r\n"))
        #expect(answer.status == 415)
        #expect(answer.slug == "unsupported-content-coding")
        #expect(answer.head.contains("\r\nAccept-Encoding: gzip\r\n"))
    }

    @Test func refusesBadGzip() throws {
        let fixture = try fixture { $0.bodyBytesMax = 1_000_000 }
        let good = try Gzip.compress(Array(Self.row.utf8))
        var wrongSum = good
        wrongSum[good.count - 6] ^= 1
        let sparse = #"{"features":[50,"Bern"]"# + String(repeating: " ", count: 900_000) + "}"
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<1_000_001).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let large = try Gzip.compress(noise)
        let cases: [([UInt8], Int, String)] = [
            (Array(good.dropLast()), 400, "malformed-content-coding"),
            (wrongSum, 400, "malformed-content-coding"),
            (good + [0], 400, "malformed-content-coding"),
            (Array(Self.row.utf8), 400, "malformed-content-coding"),
            ([], 400, "malformed-content-coding"),
            (try Gzip.compress(Array(sparse.utf8)), 413, "content-too-dense"),
            (large, 413, "content-too-large"),
        ]
        for (body, status, slug) in cases {
            let answer = try fixture.send(post(body, "Content-Encoding: gzip\r\n"))
            #expect(answer.status == status)
            #expect(answer.slug == slug)
        }
    }

    @Test func compressesLargeAnswersForThoseWhoTakeThem() throws {
        let fixture = try fixture()
        let rows = Array(repeating: #"[50,"Bern"]"#, count: 100).joined(separator: ",")
        let body = Array("{\"instances\":[\(rows)]}".utf8)
        let plain = try fixture.send(post(body, ""))
        let coded = try fixture.send(post(body, "Accept-Encoding: gzip\r\n"))
        #expect(coded.head.contains("\r\nContent-Encoding: gzip\r\n"))
        #expect(coded.head.contains("\r\nVary: Accept-Encoding\r\n"))
        #expect(plain.head.contains("\r\nVary: Accept-Encoding\r\n"))
        #expect(coded.head.contains("\r\nContent-Length: \(coded.bytes.count)\r\n"))
        #expect(coded.bytes.count < plain.bytes.count / 5)
        #expect(try Gzip.decompress(coded.bytes).count == plain.bytes.count)
        let small = try fixture.send(post("Accept-Encoding: gzip\r\n"))
        #expect(!small.head.contains("Content-Encoding"))
        let forced = try fixture.send(post("Accept-Encoding: gzip, identity;q=0\r\n"))
        #expect(forced.head.contains("\r\nContent-Encoding: gzip\r\n"))
        #expect(try Gzip.decompress(forced.bytes).starts(with: Array("{\"prediction\"".utf8)))
    }

    @Test func compressesAScrape() throws {
        let request = "GET /metrics HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n"
        let answer = try fixture().send(Array(request.utf8))
        let text = try Gzip.decompress(answer.bytes)
        #expect(String(decoding: text, as: UTF8.self).contains("model_loaded"))
    }

    @Test(arguments: [
        ("Accept: text/html\r\n", 406), ("Accept: application/json;q=0\r\n", 406),
        ("Accept-Encoding: identity;q=0\r\n", 406), ("Accept-Encoding: *;q=0\r\n", 406),
        ("Accept: text/html, */*;q=0.1\r\n", 200), ("Accept: application/*\r\n", 200),
    ])
    func answersOnlyWhatIsAccepted(_ fields: String, _ status: Int) throws {
        let answer = try fixture().send(post(fields))
        #expect(answer.status == status)
        if status == 406 { #expect(answer.slug == "not-acceptable") }
    }

    @Test(arguments: [
        ("*", "GET, HEAD, POST, OPTIONS"), ("/predict", "POST, OPTIONS"),
        ("/healthz", "GET, HEAD, OPTIONS"), ("/models/m", "GET, HEAD, OPTIONS"),
    ])
    func tellsWhatAPathTakes(_ target: String, _ allowed: String) throws {
        let answer = try fixture().send("OPTIONS \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(answer.status == 204)
        #expect(answer.head.contains("\r\nAllow: \(allowed)\r\n"))
        #expect(!answer.head.contains("Content-Length"))
        #expect(answer.bytes.isEmpty)
    }

    @Test(arguments: ["TRACE /predict", "TRACE /x", "CONNECT a:1"])
    func neverEchoesOrTunnels(_ start: String) throws {
        let answer = try fixture().send("\(start) HTTP/1.1\r\nHost: a:1\r\nX-Y: secret\r\n\r\n")
        #expect(answer.status == 405)
        #expect(answer.head.contains("\r\nAllow: GET, HEAD, POST, OPTIONS\r\n"))
        #expect(!answer.body.contains("secret"))
    }

    @Test(arguments: [
        ("X-Request-Timeout-Ms: 1000\r\n", 200, nil), ("Request-Timeout: 1\r\n", 200, nil),
        ("X-Request-Timeout-Ms: 0\r\n", 504, "deadline-exceeded"),
        ("X-Request-Timeout-Ms: soon\r\n", 400, "malformed-request-timeout"),
        ("Request-Timeout: -1\r\n", 400, "malformed-request-timeout"),
    ])
    func honoursTheClientsDeadline(_ fields: String, _ status: Int, _ slug: String?) throws {
        let answer = try fixture().send(post(fields))
        #expect(answer.status == status)
        #expect(answer.slug == slug)
    }

    @Test func saysWhyWorkWasRefused() throws {
        let fixture = try fixture()
        let body = try Gzip.compress(Array(Self.row.utf8))
        let message = post(body, "Content-Encoding: gzip\r\n")
        let overloaded = try fixture.send(message, refusal: .overloaded(retryAfterSeconds: 3))
        #expect(overloaded.status == 429)
        #expect(overloaded.slug == "overloaded")
        #expect(overloaded.head.contains("\r\nRetry-After: 3\r\n"))
        let expired = try fixture.send(message, refusal: .expired)
        #expect(expired.status == 504)
        #expect(expired.slug == "deadline-exceeded")
    }

    @Test func limitsAClientButNoProbe() throws {
        let fixture = try fixture { $0.rateLimiter = RateLimiter(ratePerSecond: 1, burst: 2) }
        let statuses = try (0..<3).map { _ in try fixture.send(post("")).status }
        #expect(statuses == [200, 200, 429])
        let refused = try fixture.send(post(""))
        #expect(refused.slug == "rate-limited")
        #expect(refused.head.contains("\r\nRetry-After: 1\r\n"))
        #expect(try fixture.get("/healthz").status == 200)
        #expect(try fixture.get("/metrics").status == 200)
        let later = try fixture.send(post(""), at: 1_000_000_000)
        #expect(later.status == 200)
    }

    @Test func theReserveIsForProbesAndScrapes() throws {
        let fixture = try fixture()
        let refused = try fixture.send(post(""), isInReserve: true)
        #expect(refused.status == 503)
        #expect(refused.slug == "too-many-connections")
        #expect(refused.head.contains("\r\nConnection: close\r\n"))
        for path in ["/livez", "/readyz", "/healthz", "/metrics"] {
            let message = Array("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            #expect(try fixture.send(message, isInReserve: true).status == 200)
        }
    }
}
