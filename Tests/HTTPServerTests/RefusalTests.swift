// SPDX-License-Identifier: Apache-2.0
import HTTP1
import HTTPServer
import Testing

/// What a client sees of each refusal: its status, a close, and nothing behind it executed.
struct RefusalTests {
    private static let limits: HTTPLimits = {
        var limits = HTTPLimits()
        limits.requestLineBytesMax = 100
        limits.headBytesMax = 400
        limits.fieldCountMax = 5
        limits.bodyBytesMax = 64
        limits.chunkOverheadBytesMax = 32
        return limits
    }()

    private static func get(_ fields: String) -> String {
        "GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n"
    }

    private static func chunks(_ chunks: String) -> String {
        get("Transfer-Encoding: chunked") + chunks
    }

    private static let long = String(repeating: "a", count: 500)

    /// A message for each refusal that a client alone can bring about.
    private static let messages: [HTTPParseError: String] = [
        .clientHello: "\u{16}\u{3}\u{1}\u{0}\u{5}\u{1}",
        .malformedRequestLine: "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        .requestLineTooLong: "GET /\(long) HTTP/1.1\r\nHost: a\r\n\r\n",
        .unknownMethod: "BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
        .malformedTarget: "GET /a\"b HTTP/1.1\r\nHost: a\r\n\r\n",
        .malformedEscape: "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        .pathAboveRoot: "GET /../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        .missingVersion: "GET /\r\n",
        .malformedVersion: "GET / HTTP/1.1.1\r\nHost: a\r\n\r\n",
        .unsupportedVersion: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        .bareCarriageReturn: get("A: b\rC: d"),
        .bareLineFeed: get("A: b\nC: d"),
        .lineFolding: get("A: b\r\n c"),
        .malformedFieldName: get("A : b"),
        .malformedFieldValue: get("A: \u{1}"),
        .headTooLarge: get("A: \(long)"),
        .tooManyFields: get("A: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b"),
        .duplicateField: get("Content-Type: a/b\r\nContent-Type: a/b"),
        .duplicateHost: get("Host: a"),
        .missingHost: "GET / HTTP/1.1\r\n\r\n",
        .malformedHost: "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        .hostMismatch: "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
        .unsupportedExpectation: get("Expect: x"),
        .malformedContentLength: get("Content-Length: +1"),
        .duplicateContentLength: get("Content-Length: 1\r\nContent-Length: 1"),
        .contentLengthWithTransferEncoding: get("Content-Length: 1\r\nTransfer-Encoding: chunked"),
        .malformedTransferEncoding: get("Transfer-Encoding: chunked, chunked"),
        .duplicateTransferEncoding: get("Transfer-Encoding: chunked\r\nTransfer-Encoding: x"),
        .chunkedNotFinal: get("Transfer-Encoding: chunked, identity"),
        .unsupportedTransferCoding: get("Transfer-Encoding: gzip, chunked"),
        .transferEncodingInHTTP10: "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        .bodyTooLarge: get("Content-Length: 65"),
        .malformedChunkSize: chunks("0x1\r\n"),
        .malformedChunkExtension: chunks("1;\na\r\n0\r\n\r\n"),
        .chunkExtensionTooLarge: chunks("1;\(long)\r\na\r\n0\r\n\r\n"),
        .malformedChunkEnd: chunks("1\r\nab\r\n0\r\n\r\n"),
        .malformedTrailer: chunks("0\r\nA\r\n\r\n"),
        .trailerTooLarge: chunks("0\r\nA: \(long)\r\n\r\n"),
        .chunkOverheadTooLarge: chunks(String(repeating: "1\r\na\r\n", count: 40)),
        .unexpectedEnd: get("Content-Length: 64"),
    ]

    /// The rest need a clock or a certificate.
    @Test func everyRefusalIsTried() {
        let others = Set(HTTPParseError.allCases).subtracting(Self.messages.keys)
        #expect(others == [.timeout, .misdirectedRequest])
    }

    @Test(arguments: messages.keys.sorted { $0.rawValue < $1.rawValue })
    func answersOnceAndCloses(_ error: HTTPParseError) throws {
        let running = try EchoServer { $0.limits = Self.limits }
        let message = try #require(Self.messages[error])
        let answer = try #require(
            try running.exchange(
                EchoServer.post("/echo", "one") + message
                    + "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"))
        let answers = answer.split(separator: "HTTP/1.1 ")
        try #require(answers.count == 2)
        #expect(answers[0].hasPrefix("200 OK\r\n"))
        #expect(answers[0].hasSuffix("\r\n\r\none"))
        #expect(answers[1].hasPrefix("\(error.status.code) \(error.status.reasonPhrase)\r\n"))
        #expect(answers[1].contains("\r\nConnection: close\r\n"))
        #expect(answers[1].contains("\r\nDate: "))
        #expect(answers[1].contains("\r\nContent-Type: application/problem+json\r\n"))
        let slug = error.rawValue.replacing("_", with: "-")
        #expect(answers[1].contains("\r\n\r\n{\"type\":\"urn:martlet:problem:\(slug)\","))
        let metrics = running.scrape()
        #expect(metrics.contains("http_parse_errors_total{reason=\"\(error.rawValue)\"} 1\n"))
        #expect(
            metrics.contains(
                "http_requests_total{method=\"POST\",route=\"/echo\",code=\"200\"} 1\n"))
        #expect(!metrics.contains("method=\"GET\""))
    }

    /// An answer to HEAD has no body, not even one that says what was wrong.
    @Test(arguments: ["Content-Length: 65", "Expect: x", "Host: b", "Transfer-Encoding: x"])
    func refusesHEADWithoutABody(_ fields: String) throws {
        let running = try EchoServer { $0.limits = Self.limits }
        let answer = try #require(
            try running.exchange("HEAD / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n"))
        #expect(answer.hasPrefix("HTTP/1.1 4"))
        #expect(answer.contains("\r\nContent-Length: "))
        #expect(answer.hasSuffix("\r\n\r\n"))
        #expect(answer.components(of: "\r\n\r\n") == 1)
    }

    /// A client that goes on sending reads the refusal all the same, not a reset.
    @Test func lingersUntilTheClientHasRead() throws {
        let client = try EchoServer().client()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 8388609\r\n\r\n")
        client.send(String(repeating: "x", count: 8_388_609))
        client.finishSending()
        let answer = try #require(client.readToEnd())
        #expect(answer.hasPrefix("HTTP/1.1 413 Content Too Large\r\n"))
        #expect(answer.hasSuffix("}\n"))
    }

    /// There is an end to what is read from a client that never stops.
    @Test func lingersWithinABound() throws {
        let running = try EchoServer { $0.lingerBytesMax = 100_000 }
        let client = try running.client()
        client.send("BREW / HTTP/1.1\r\n\r\n")
        let block = String(repeating: "x", count: 65_536)
        for _ in 0..<400 { client.send(block) }
        #expect(client.readToEnd() != nil)
        #expect(running.tellsSoon("connections_open 0\n"))
    }
}
