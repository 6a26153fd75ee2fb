// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON
import Serving
import Testing
import Zlib

/// Deadlines, admission, rates and the reserve, as a request meets them.
struct LimitTests {
    @Test(arguments: [
        ("X-Request-Timeout-Ms: 1000\r\n", 200, nil), ("Request-Timeout: 1\r\n", 200, nil),
        ("X-Request-Timeout-Ms: 0\r\n", 504, "deadline-exceeded"),
        ("X-Request-Timeout-Ms: soon\r\n", 400, "malformed-request-timeout"),
        ("Request-Timeout: -1\r\n", 400, "malformed-request-timeout"),
    ])
    func honoursTheClientsDeadline(_ fields: String, _ status: Int, _ slug: String?) throws {
        let answer = try ServingFixture.serving().send(ServingFixture.post(fields))
        #expect(answer.status == status)
        #expect(answer.slug == slug)
    }

    /// Counted like what runs out of time in the queue.
    @Test func countsARequestThatComesWithNoTimeLeft() throws {
        let fixture = try ServingFixture.serving()
        _ = try fixture.send(ServingFixture.post("X-Request-Timeout-Ms: 0\r\n"))
        _ = try fixture.send(ServingFixture.post("X-Request-Timeout-Ms: 9\r\n"))
        #expect(try fixture.scrape().contains("requests_shed_total{reason=\"expired\"} 1\n"))
    }

    @Test func saysWhyWorkWasRefused() throws {
        let fixture = try ServingFixture.serving()
        let body = try Gzip.compress(Array(ServingFixture.row.utf8))
        let message = ServingFixture.post(body, "Content-Encoding: gzip\r\n")
        let overloaded = try fixture.send(message, refusal: .overloaded(retryAfterSeconds: 3))
        #expect(overloaded.status == 429)
        #expect(overloaded.slug == "overloaded")
        #expect(overloaded.head.contains("\r\nRetry-After: 3\r\n"))
        let expired = try fixture.send(message, refusal: .expired)
        #expect(expired.status == 504)
        #expect(expired.slug == "deadline-exceeded")
    }

    /// Asked before work is made ready, the queue's refusal is the same as after; and one that is
    /// like the one before names its own request all the same.
    @Test func refusesWorkThatHasNoRoom() throws {
        let fixture = try ServingFixture.serving()
        let body = try Gzip.compress(Array(ServingFixture.row.utf8))
        func message(_ id: String) -> [UInt8] {
            ServingFixture.post(body, "Content-Encoding: gzip\r\nX-Request-Id: \(id)\r\n")
        }
        let late = try fixture.send(message("late"), refusal: .overloaded(retryAfterSeconds: 3))
        for (id, seconds) in [("a", 3), ("bb", 3), ("c", 4), ("d", 3)] {
            let early = try fixture.send(message(id)) { _ in seconds }
            #expect(early.status == 429)
            #expect(early.head.contains("\r\nRetry-After: \(seconds)\r\n"))
            #expect(
                early.body
                    == late.body.replacing("\"late\"", with: "\"\(id)\"")
                    .replacing(" 3 s", with: " \(seconds) s"))
            _ = try fixture.get("/nowhere")
        }
        // A row that a loop answers asks nobody.
        #expect(try fixture.send(ServingFixture.post("")) { _ in 3 }.status == 200)
    }

    @Test func limitsAClientButNoProbe() throws {
        let fixture = try ServingFixture.serving {
            $0.rateLimiter = RateLimiter(ratePerSecond: 1, burst: 2)
        }
        let statuses = try (0..<3).map { _ in try fixture.send(ServingFixture.post("")).status }
        #expect(statuses == [200, 200, 429])
        let refused = try fixture.send(ServingFixture.post(""))
        #expect(refused.slug == "rate-limited")
        #expect(refused.head.contains("\r\nRetry-After: 1\r\n"))
        #expect(try fixture.get("/healthz").status == 200)
        #expect(try fixture.get("/metrics").status == 200)
        let later = try fixture.send(ServingFixture.post(""), at: 1_000_000_000)
        #expect(later.status == 200)
    }

    /// What is refused anyway counts all the same: nothing but probes and scrapes is free.
    @Test(arguments: mistakes)
    func limitsWhatIsNoPrediction(_ request: String) throws {
        let message = "\(request) HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
        let fixture = try ServingFixture.serving {
            $0.rateLimiter = RateLimiter(ratePerSecond: 1, burst: 1)
        }
        let first = try fixture.send(message)
        #expect(first.status != 429)
        let second = try fixture.send(message)
        #expect(second.slug == "rate-limited")
        let reserved = try ServingFixture.serving().send(Array(message.utf8), isInReserve: true)
        #expect(reserved.slug == "too-many-connections")
        #expect(reserved.head.contains("\r\nConnection: close\r\n"))
    }

    private static let mistakes = [
        "GET /x", "GET /predict", "DELETE /models", "OPTIONS /predict", "OPTIONS *",
        "TRACE /predict",
        "GET /version", "GET /models", "POST /predict",
    ]

    @Test func theReserveIsForProbesAndScrapes() throws {
        let fixture = try ServingFixture.serving()
        let refused = try fixture.send(ServingFixture.post(""), isInReserve: true)
        #expect(refused.status == 503)
        #expect(refused.slug == "too-many-connections")
        #expect(refused.head.contains("\r\nConnection: close\r\n"))
        for path in ["/livez", "/readyz", "/healthz", "/metrics"] {
            let message = Array("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            #expect(try fixture.send(message, isInReserve: true).status == 200)
        }
    }

    /// An answer made on a loop waits its turn to be compressed, at a price that grows with it.
    @Test func compressingIsWorkLikeAnother() throws {
        let fixture = try ServingFixture.serving { $0.compressionBytesMin = 1 }
        let costs = try [1, 20].map { count in
            let rows = Array(repeating: #"[50,"Bern"]"#, count: count).joined(separator: ",")
            return try #require(
                try fixture.predictions(
                    ServingFixture.post(
                        Array("{\"instances\":[\(rows)]}".utf8), "Accept-Encoding: gzip\r\n")
                ).first)
        }
        #expect(costs[0] > 0 && costs[1] > 5 * costs[0])
        let scrape = "GET /metrics HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n"
        #expect(try fixture.predictions(Array(scrape.utf8)).isEmpty)
    }

    /// It is made; where it cannot be compressed it is sent as it is, if the client lets it.
    @Test func whatCannotBeCompressedNowIsSentAsItIs() throws {
        let fixture = try ServingFixture.serving { $0.compressionBytesMin = 1 }
        let plain = try fixture.send(
            ServingFixture.post("Accept-Encoding: gzip\r\n"),
            refusal: .overloaded(retryAfterSeconds: 3))
        #expect(plain.status == 200)
        #expect(plain.json["prediction"] == "yes")
        #expect(!plain.head.contains("Content-Encoding"))
        let refused = try fixture.send(
            ServingFixture.post("Accept-Encoding: gzip, identity;q=0\r\n"),
            refusal: .overloaded(retryAfterSeconds: 3))
        #expect(refused.status == 429)
        #expect(refused.slug == "overloaded")
    }

    /// It would wait behind predictions.
    @Test(arguments: ["/livez", "/readyz", "/healthz"])
    func noProbeIsCompressed(_ path: String) throws {
        let fixture = try ServingFixture.serving { $0.compressionBytesMin = 1 }
        let answer = try fixture.send(
            "GET \(path) HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip, identity;q=0\r\n\r\n")
        #expect(answer.status == 200)
        #expect(!answer.head.contains("Content-Encoding"))
    }
}
