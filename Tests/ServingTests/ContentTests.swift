// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON
import Serving
import Testing
import Zlib

/// Codings, media types, methods and limits: what is judged before a model is asked.
struct ContentTests {
    @Test(arguments: ["gzip", "x-gzip", "GZip", "gzip,"])
    func readsACompressedBody(_ coding: String) throws {
        let body = try Gzip.compress(Array(ServingFixture.row.utf8))
        let answer = try ServingFixture.serving().send(
            ServingFixture.post(body, "Content-Encoding: \(coding)\r\n"))
        #expect(answer.status == 200)
        #expect(answer.json["prediction"] == "yes")
    }

    @Test(arguments: ["Content-Encoding: identity\r\n", "Content-Encoding:\r\n", ""])
    func readsABodyAsItIs(_ fields: String) throws {
        #expect(try ServingFixture.serving().send(ServingFixture.post(fields)).status == 200)
    }

    @Test func readsSeveralMembers() throws {
        let body = Array(ServingFixture.row.utf8)
        let members = try Gzip.compress(Array(body[..<9])) + Gzip.compress(Array(body[9...]))
        let answer = try ServingFixture.serving().send(
            ServingFixture.post(members, "Content-Encoding: gzip\r\n"))
        #expect(answer.status == 200)
        #expect(answer.json["prediction"] == "yes")
    }

    /// Many times longer than its last member says.
    @Test func readsALongMemberBeforeAShortOne() throws {
        let rows = Array(repeating: #"[50,"Bern"]"#, count: 5000).joined(separator: ",")
        let text = Array("{\"instances\":[\(rows)]".utf8)
        let members = try Gzip.compress(text) + Gzip.compress([0x7D])
        #expect(members.count < text.count / 10)
        let answer = try ServingFixture.serving().send(
            ServingFixture.post(members, "Content-Encoding: gzip\r\n"))
        #expect(answer.status == 200)
        #expect(answer.json["predictions"]?.array?.count == 5000)
    }

    /// What was let in as little is not decoded beyond that.
    @Test func believesAStatedLengthNoFurther() throws {
        let rows = Array(repeating: #"[50,"Bern"]"#, count: 5000).joined(separator: ",")
        var coded = try Gzip.compress(Array("{\"instances\":[\(rows)]}".utf8))
        // Its check value is wrong too, which is not found before all is decoded.
        coded.replaceSubrange((coded.count - 8)..., with: [0, 0, 0, 0, 1, 0, 0, 0])
        let answer = try ServingFixture.serving().send(
            ServingFixture.post(coded, "Content-Encoding: gzip\r\n"))
        #expect(answer.status == 400)
        #expect(answer.slug == "malformed-content-coding")
        #expect(answer.body.contains("do not have the length that it names"))
    }

    @Test(arguments: ["br", "deflate", "zstd", "gzip, gzip", "identity, gzip", "gzip;q=1", "*"])
    func refusesOtherCodings(_ coding: String) throws {
        let answer = try ServingFixture.serving().send(
            ServingFixture.post("Content-Encoding: \(coding)\r\n"))
        #expect(answer.status == 415)
        #expect(answer.slug == "unsupported-content-coding")
        #expect(answer.head.contains("\r\nAccept-Encoding: gzip\r\n"))
    }

    /// What is wrong, and whether the connection is worth keeping.
    @Test func refusesBadGzip() throws {
        let fixture = try ServingFixture.serving { $0.bodyBytesMax = 1_000_000 }
        let good = try Gzip.compress(Array(ServingFixture.row.utf8))
        var wrongSum = good
        wrongSum[good.count - 6] ^= 1
        let sparse = #"{"features":[50,"Bern"]"# + String(repeating: " ", count: 900_000) + "}"
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<1_000_001).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let large = try Gzip.compress(noise)
        let empty = try Gzip.compress([])
        let many = (0..<64).flatMap { _ in empty } + good
        let cases: [([UInt8], Int, String)] = [
            (Array(good.dropLast()), 400, "malformed-content-coding"),
            (wrongSum, 400, "malformed-content-coding"),
            (good + [0], 400, "malformed-content-coding"),
            (good + good.dropLast(9), 400, "malformed-content-coding"),
            (good + good, 400, "invalid-json"), (empty, 400, "invalid-json"),
            (Array(ServingFixture.row.utf8), 400, "malformed-content-coding"),
            ([], 400, "malformed-content-coding"),
            (try Gzip.compress(Array(sparse.utf8)), 413, "content-too-dense"),
            (large, 413, "content-too-large"), (many, 413, "content-too-dense"),
        ]
        for (body, status, slug) in cases {
            let answer = try fixture.send(ServingFixture.post(body, "Content-Encoding: gzip\r\n"))
            #expect(answer.status == status)
            #expect(answer.slug == slug)
            #expect(answer.head.contains("\r\nConnection: close\r\n") == (status == 413))
        }
        // As much as may be, to the byte.
        let full =
            ServingFixture.row + String(repeating: " ", count: 4000 - ServingFixture.row.utf8.count)
        let exact = try ServingFixture.serving { $0.bodyBytesMax = 4000 }
        let coded = try Gzip.compress(Array(full.utf8))
        #expect(
            try exact.send(ServingFixture.post(coded, "Content-Encoding: gzip\r\n")).status == 200)
        let longer = try Gzip.compress(Array((full + " ").utf8))
        #expect(
            try exact.send(ServingFixture.post(longer, "Content-Encoding: gzip\r\n")).status == 413)
    }

    @Test func compressesLargeAnswersForThoseWhoTakeThem() throws {
        let fixture = try ServingFixture.serving()
        let rows = Array(repeating: #"[50,"Bern"]"#, count: 100).joined(separator: ",")
        let body = Array("{\"instances\":[\(rows)]}".utf8)
        let plain = try fixture.send(ServingFixture.post(body, ""))
        let coded = try fixture.send(ServingFixture.post(body, "Accept-Encoding: gzip\r\n"))
        #expect(coded.head.contains("\r\nContent-Encoding: gzip\r\n"))
        #expect(coded.head.contains("\r\nVary: Accept-Encoding\r\n"))
        #expect(plain.head.contains("\r\nVary: Accept-Encoding\r\n"))
        #expect(coded.head.contains("\r\nContent-Length: \(coded.bytes.count)\r\n"))
        #expect(coded.bytes.count < plain.bytes.count / 5)
        // But for its id, the same answer.
        let marks = try [plain.bytes, Gzip.decompress(coded.bytes)].map {
            String(decoding: $0, as: UTF8.self).prefix { $0 != "m" }
        }
        #expect(marks[0] == marks[1])
        #expect(marks[0].utf8.count > 1000)
        let small = try fixture.send(ServingFixture.post("Accept-Encoding: gzip\r\n"))
        #expect(!small.head.contains("Content-Encoding"))
        let forced = try fixture.send(
            ServingFixture.post("Accept-Encoding: gzip, identity;q=0\r\n"))
        #expect(forced.head.contains("\r\nContent-Encoding: gzip\r\n"))
        #expect(try Gzip.decompress(forced.bytes).starts(with: Array("{\"prediction\"".utf8)))
    }

    @Test(arguments: ["GET", "HEAD"])
    func compressesAScrape(_ method: String) throws {
        let request = "\(method) /metrics HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n"
        let answer = try ServingFixture.serving().send(Array(request.utf8))
        #expect(answer.head.contains("\r\nContent-Encoding: gzip\r\n"))
        #expect(answer.head.contains("\r\nVary: Accept, Accept-Encoding\r\n"))
        let text = try Gzip.decompress(answer.bytes)
        #expect(String(decoding: text, as: UTF8.self).contains("model_loaded"))
    }

    private static let text = "text/plain; version=0.0.4; charset=utf-8"
    private static let openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    @Test(arguments: [
        ("", text), ("Accept: */*\r\n", text), ("Accept: text/plain\r\n", text),
        ("Accept: application/openmetrics-text\r\n", openMetrics),
        (
            "Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2\r\n",
            openMetrics
        ),
        ("Accept: application/openmetrics-text;q=0.5,text/plain;q=0.5\r\n", text),
        ("Accept: application/openmetrics-text;version=0.0.1,*/*;q=0.1\r\n", text),
        ("Accept: text/plain;q=0.1\r\nAccept: application/openmetrics-text\r\n", openMetrics),
    ])
    func scrapesInTheFormatThatIsWanted(_ fields: String, _ type: String) throws {
        let answer = try ServingFixture.serving().send(
            "GET /metrics HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
        #expect(answer.status == 200)
        #expect(answer.head.contains("\r\nContent-Type: \(type)\r\n"))
        #expect(answer.body.hasSuffix("\n# EOF\n") == (type == Self.openMetrics))
    }

    @Test(arguments: [
        ("Accept: text/html\r\n", 406), ("Accept: application/json;q=0\r\n", 406),
        ("Accept: application/problem+json\r\n", 406),
        ("Accept-Encoding: identity;q=0\r\n", 406), ("Accept-Encoding: *;q=0\r\n", 406),
        ("Accept-Encoding: br;q=1\r\nAccept-Encoding: *;q=0\r\n", 406),
        ("Accept: text/html, */*;q=0.1\r\n", 200), ("Accept: application/*\r\n", 200),
        ("Accept: application/json;charset=utf-8\r\n", 200), ("Accept: ;\r\n", 200),
        ("Accept: text/html\r\nAccept: application/json\r\n", 200),
        ("Accept-Encoding: identity;q=0, gzip\r\n", 200), ("Accept-Encoding: br\r\n", 200),
        ("Accept-Encoding: identity;q=0;q\r\n", 200),
    ])
    func answersOnlyWhatIsAccepted(_ fields: String, _ status: Int) throws {
        let answer = try ServingFixture.serving().send(ServingFixture.post(fields))
        #expect(answer.status == status)
        guard status == 406 else { return }
        #expect(answer.slug == "not-acceptable")
        // Refused before it is predicted, and told to whoever refused it.
        #expect(answer.head.contains("\r\nContent-Type: application/problem+json\r\n"))
        #expect(answer.head.contains("\r\nX-Content-Type-Options: nosniff\r\n"))
        #expect(!answer.head.contains("Content-Encoding"))
    }

    @Test(arguments: ["/models", "/models/m", "/models/m/versions/1", "/version", "/metrics"])
    func noDocumentIsSentToWhoRulesItOut(_ path: String) throws {
        for fields in ["Accept: image/png", "Accept-Encoding: *;q=0"] {
            let answer = try ServingFixture.serving().send(
                "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n")
            #expect(answer.status == 406)
        }
    }

    /// A probe asks for the status; whatever it says of the text must not fail it.
    @Test(arguments: ["/livez", "/readyz", "/healthz"])
    func probesAreAnsweredWhateverTheyAccept(_ path: String) throws {
        let answer = try ServingFixture.serving().send(
            "GET \(path) HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n"
                + "Accept-Encoding: *;q=0\r\n\r\n")
        #expect(answer.status == 200)
    }

    /// No part is sent and no precondition kept, as no answer has a validator (RFC 9110 sections
    /// 13.2.1 and 14.2).
    @Test(arguments: [
        "Range: bytes=0-1", "If-Range: \"x\"", "If-Match: \"x\"", "If-None-Match: \"x\"",
        "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT",
        "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT",
    ])
    func rangesAndConditionsSayNothing(_ field: String) throws {
        let fixture = try ServingFixture.serving()
        let answer = try fixture.send(ServingFixture.post(field + "\r\n"))
        #expect(answer.status == 200)
        for name in ["ETag", "Last-Modified", "Accept-Ranges", "Content-Range"] {
            #expect(!answer.head.contains(name))
        }
        let document = try fixture.send("GET /models HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n")
        #expect(document.status == 200)
        #expect(document.bytes == (try fixture.get("/models").bytes))
    }

    @Test func saysWhichMediaTypeItTakes() throws {
        let message = "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
        for type in ["", "Content-Type:\r\n", "Content-Type: text/json\r\n"] {
            let answer = try ServingFixture.serving().send("\(message)\(type)\r\n{}")
            #expect(answer.status == 415)
            #expect(answer.slug == "unsupported-media-type")
            #expect(answer.head.contains("\r\nAccept: application/json\r\n"))
        }
    }

    @Test(arguments: [
        ("*", "GET, HEAD, POST, OPTIONS"), ("/predict", "POST, OPTIONS"),
        ("/healthz", "GET, HEAD, OPTIONS"), ("/models/m", "GET, HEAD, OPTIONS"),
    ])
    func tellsWhatAPathTakes(_ target: String, _ allowed: String) throws {
        let answer = try ServingFixture.serving().send(
            "OPTIONS \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(answer.status == 204)
        #expect(answer.head.contains("\r\nAllow: \(allowed)\r\n"))
        #expect(!answer.head.contains("Content-Length"))
        #expect(answer.bytes.isEmpty)
    }

    @Test(arguments: [
        ("TRACE /predict", 405, "POST, OPTIONS"), ("TRACE /livez", 405, "GET, HEAD, OPTIONS"),
        ("TRACE /x", 404, nil), ("CONNECT a:1", 405, "GET, HEAD, POST, OPTIONS"),
    ])
    func neverEchoesOrTunnels(_ start: String, _ status: Int, _ allowed: String?) throws {
        let answer = try ServingFixture.serving().send(
            "\(start) HTTP/1.1\r\nHost: a:1\r\nX-Y: secret\r\n\r\n")
        #expect(answer.status == status)
        if let allowed { #expect(answer.head.contains("\r\nAllow: \(allowed)\r\n")) }
        #expect(!answer.body.contains("secret"))
    }
}
