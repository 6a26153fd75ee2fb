// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTPServer
import OpenSSL
import TLSTesting
import Telemetry
import Testing

struct AccessLogTests {
    private static var timestamp: Regex<Substring> {
        #/\{"ts":"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"/#
    }

    /// A line without what differs from run to run.
    private func stable(_ line: String) -> String {
        line.replacing(Self.timestamp, with: "{").replacing(#/"duration_us":\d+/#, with: "_")
    }

    @Test func hasALineForEachRequest() throws {
        let fixture = try OverloadFixture()
        let client = try fixture.client()
        let echo = OverloadFixture.post("/echo", "hello")
        let work = OverloadFixture.post("/work", "1")
        client.send(echo + work + "GET /nowhere?secret HTTP/1.1\r\nHost: a\r\n\r\n")
        let answers = client.read(until: "Content-Length: 0\r\n\r\n")
        client.send("GET /echo HTTP/1.1\nHost: a\r\n\r\n")
        let refusal = try #require(client.readToEnd())
        let sizes = answers.split(separator: "HTTP/1.1 ").map { $0.utf8.count + 9 }
        try #require(sizes.count == 3)
        let lines = fixture.lines(4)
        let usual = "{,\"level\":\"info\",\"msg\":\"request\",\"route\":"
        let end = "\"remote\":\"127.0.0.1\""
        #expect(
            lines.map(stable) == [
                usual
                    + "\"/echo\",\"method\":\"POST\",\"status\":200,_,\"bytes_in\":\(echo.utf8.count),"
                    + "\"bytes_out\":\(sizes[0]),\(end),\"name\":\"/echo\"}",
                usual
                    + "\"/work\",\"method\":\"POST\",\"status\":200,_,\"bytes_in\":\(work.utf8.count),"
                    + "\"bytes_out\":\(sizes[1]),\(end),\"name\":\"/work\"}",
                usual + "\"unmatched\",\"method\":\"GET\",\"status\":200,_,\"bytes_in\":41,"
                    + "\"bytes_out\":\(sizes[2]),\(end),\"name\":\"/nowhere\"}",
                usual + "\"unmatched\",\"method\":\"_OTHER\",\"status\":400,_,\"bytes_in\":30,"
                    + "\"bytes_out\":\(refusal.utf8.count),\(end),\"reason\":\"bare-line-feed\"}",
            ])
        #expect(lines.allSatisfy { $0.prefixMatch(of: Self.timestamp) != nil })
    }

    @Test func tellsHowLongAnAnswerTook() throws {
        let fixture = try OverloadFixture()
        let client = try fixture.client()
        client.send(OverloadFixture.post("/work", "50"))
        _ = client.read(until: "done")
        let line = try #require(fixture.lines(1).first)
        let duration = try #require(line.firstMatch(of: #/"duration_us":(\d+)/#)?.output.1)
        #expect(50_000...1_000_000 * Sanitizer.patience ~= (Int(duration) ?? 0))
    }

    @Test func holdsFaultsOfTheServerWhateverTheShare() throws {
        let fixture = try OverloadFixture { $0.accessLogShare = 0 }
        let client = try fixture.client()
        client.send(OverloadFixture.post("/echo", "x") + OverloadFixture.post("/fault", ""))
        client.send("BREW / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = client.readToEnd()
        let lines = fixture.lines(2)
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.contains("\"level\":\"warning\"") })
        #expect(
            lines.first?.contains("\"route\":\"/fault\",\"method\":\"POST\",\"status\":500") == true
        )
        #expect(lines.last?.contains("\"status\":501") == true)
    }

    @Test func takesItsShareOfTheRest() throws {
        let fixture = try OverloadFixture { $0.accessLogShare = 0.25 }
        let client = try fixture.client()
        let batch = String(repeating: OverloadFixture.post("/echo", "<x>"), count: 100)
        for _ in 0..<10 {
            client.send(batch)
            _ = client.read(until: "<x>", count: 100)
        }
        client.send(OverloadFixture.post("/fault", "", "Connection: close\r\n"))
        _ = client.readToEnd()
        _ = OverloadFixture.waits { fixture.lines(1).last?.contains("/fault") == true }
        // Five standard deviations of 1000 draws.
        #expect(abs(fixture.lines(1).count - 1 - 250) < 69)
    }

    /// Nothing of what a client sends can end its string or its line.
    @Test func cannotBeForged() throws {
        let fixture = try OverloadFixture()
        let client = try fixture.client()
        client.send(
            OverloadFixture.post(
                "/fault", "", "X-Request-Id: a\"}\\\t{\"ts\":\"\u{E9}\r\nConnection: close\r\n"))
        _ = client.readToEnd()
        let line = try #require(fixture.lines(1).first)
        #expect(
            line.hasSuffix(
                ",\"name\":\"/fault\",\"id\":\"a\\\"}\\\\\\u0009{\\\"ts\\\":\\\"\\u00c3\\u00a9\"}"))
    }

    /// Once each, whatever the share, but not as often as a stranger may wish.
    @Test(arguments: [(false, "plain_http"), (true, "certificate_missing")])
    func holdsHandshakesThatFailed(isMutual: Bool, reason: String) throws {
        let identity = TLSIdentity(
            try CertificateFolder.shared.context(
                ["server"], clientAuthority: isMutual ? "ca.pem" : nil))
        let fixture = try OverloadFixture {
            $0.tls = identity
            $0.accessLogShare = 0
        }
        func fail() throws {
            if isMutual {
                let client = try TLSClient(port: fixture.port, TLSClient.Options())
                client.send(OverloadFixture.post("/echo", "x"))
                #expect(client.read() == nil)
            } else {
                let client = try fixture.client()
                client.send(OverloadFixture.post("/echo", "x"))
                client.finishSending()
                #expect(client.readToEnd() == "")
            }
        }
        try fail()
        let line = try #require(fixture.lines(1).first)
        #expect(
            stable(line)
                == "{,\"level\":\"warning\",\"msg\":\"handshake failed\","
                + "\"reason\":\"\(reason)\",\"remote\":\"127.0.0.1\"}")
        let start = ContinuousClock.now
        for _ in 0..<40 { try fail() }
        let failed = "tls_handshakes_total{version=\"\",result=\"\(reason)\"} 41"
        #expect(fixture.waits(for: failed))
        let seconds = Int((ContinuousClock.now - start) / .seconds(1))
        fixture.sink.flush()
        #expect(10...(10 * (seconds + 2)) ~= fixture.lines(1).count)
    }

    @Test func holdsTimeouts() throws {
        let fixture = try OverloadFixture { $0.deadlines.headSeconds = 1 }
        let client = try fixture.client()
        client.send("GET / HTTP/1.1\r\nHost")
        #expect(client.readToEnd()?.hasPrefix("HTTP/1.1 408 ") == true)
        let line = try #require(fixture.lines(1).first)
        #expect(line.contains("\"status\":408,"))
        #expect(line.contains("\"bytes_in\":20,"))
        #expect(line.hasSuffix("\"reason\":\"timeout\"}"))
    }

    /// A full disk under the log costs lines, which are counted, and nothing else.
    @Test func servesOnWhenTheDiskIsFull() throws {
        let fixture = try OverloadFixture(log: open("/dev/full", O_WRONLY | O_CLOEXEC))
        let client = try fixture.client()
        for _ in 0..<20 {
            client.send(String(repeating: OverloadFixture.post("/echo", "<x>"), count: 50))
            let answers = client.read(until: "<x>", count: 50)
            #expect(answers.components(of: "HTTP/1.1 200 OK\r\n") == 50)
        }
        let isCounted = OverloadFixture.waits {
            fixture.sink.flush()
            return fixture.sink.droppedLineCount == 1000
        }
        #expect(isCounted, "\(fixture.sink.droppedLineCount)")
    }
}
