// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP1
import HTTPServer
import TLSTesting
import Testing

/// When a connection is kept, what it may carry, and how it ends (RFC 9112 section 9).
struct ConnectionRuleTests {
    private func head(_ version: String, _ fields: String) -> String {
        "GET /word HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n"
    }

    /// A client that always leaves a part of its answers untaken is not kept all that it ever had.
    @Test func forgetsWhatAClientHasTaken() throws {
        let echo = try EchoServer { $0.pendingOutputBytesMax = 32 * 1_048_576 }
        let client = try echo.client()
        let request = "GET /big HTTP/1.1\r\nHost: a\r\n\r\n"
        // More than the kernel holds for both sides.
        for _ in 0..<400 { client.send(request) }
        #expect(client.skip(1_000_000))
        let before = try Self.residentPages()
        for _ in 0..<4000 {
            client.send(request)
            #expect(client.skip(50_000))
        }
        let growth = (try Self.residentPages() - before) * 4096
        #expect(
            growth < 100 * 1_048_576 || Sanitizer.isPresent,
            "\(growth) bytes, of 200,000,000 sent")
    }

    private static func residentPages() throws -> Int {
        let file = open("/proc/self/statm", O_RDONLY)
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 128)
        let count = read(file, &text, text.count)
        let words = String(decoding: text.prefix(max(0, count)), as: UTF8.self).split(
            separator: " ")
        return try #require(words.dropFirst().first.flatMap { Int($0) })
    }

    /// The client does not close its side, so the end is the server's doing.
    @Test(arguments: [
        ("1.1", "Connection: close\r\n"), ("1.1", "connection:\tx , CLOSE\r\n"),
        ("1.1", "Connection: keep-alive\r\nConnection: Close\r\n"), ("1.0", ""),
        ("1.0", "Connection: close, keep-alive\r\n"),
    ])
    func closesWhenAsked(_ version: String, _ fields: String) throws {
        let client = try EchoServer().client()
        client.send(head(version, fields))
        let answer = try #require(client.readToEnd())
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("\r\nConnection: close\r\n"))
        #expect(answer.hasSuffix("\r\n\r\nfirst"))
    }

    @Test(arguments: [
        ("1.1", "", false), ("1.1", "Connection: keep-alive\r\n", false),
        ("1.1", "Connection: closed\r\n", false), ("1.0", "Connection: Keep-Alive\r\n", true),
    ])
    func keepsOtherwise(_ version: String, _ fields: String, _ isSaid: Bool) throws {
        let client = try EchoServer().client()
        for _ in 0..<3 {
            client.send(head(version, fields))
            let answer = client.read(until: "first")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains("\r\nConnection: keep-alive\r\n") == isSaid)
            #expect(!answer.contains("Connection: close"))
        }
    }

    /// No protocol is ever changed to (RFC 9110 section 7.8).
    @Test(arguments: [
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
        "Upgrade: TLS/1.3\r\n",
    ])
    func ignoresUpgrades(_ fields: String) throws {
        let client = try EchoServer().client()
        client.send(head("1.1", fields) + EchoServer.post("/echo", "next"))
        let answers = client.read(until: "next")
        #expect(answers.components(of: "HTTP/1.1 200 OK\r\n") == 2)
        #expect(!answers.contains("101"))
    }

    @Test(arguments: ["Content-Length: 4\r\n", "Transfer-Encoding: chunked\r\n"])
    func invitesABodyThatWaits(_ framing: String) throws {
        let client = try EchoServer().client()
        client.send(
            EchoServer.post("/echo", "<one>")
                + "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\(framing)\r\n")
        // It comes behind the answers before it.
        let invitation = "HTTP/1.1 100 Continue\r\n\r\n"
        #expect(client.read(until: invitation).hasSuffix("<one>" + invitation))
        client.send(framing.hasPrefix("T") ? "4\r\nbody\r\n0\r\n\r\n" : "body")
        let answer = client.read(until: "body")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(!answer.contains("100 Continue"))
    }

    @Test(arguments: [
        // The body has begun; there is none; the version knows no 100.
        "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
        "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
        "POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
        "POST /echo HTTP/1.0\r\nExpect: x\r\nContent-Length: 1\r\n\r\nx",
    ])
    func invitesNothingElse(_ message: String) throws {
        let answer = try #require(try EchoServer().exchange(message))
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(!answer.contains("100 Continue"))
    }

    /// A client of HTTP/1.0 that waits for an invitation gets none, and is served when it goes on.
    @Test func sendsNoInterimAnswerToHTTP10() throws {
        let client = try EchoServer().client()
        client.send("POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        #expect(client.readNothing(milliseconds: 100))
        client.send("body")
        let answer = try #require(client.readToEnd())
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(!answer.contains("Transfer-Encoding"))
    }

    /// A final status stands in for the invitation, and the body is never asked for.
    @Test(arguments: [
        ("Expect: 100-continue\r\nContent-Length: 8388609", "413"),
        ("Expect: 200-ok\r\nContent-Length: 1", "417"),
    ])
    func refusesInsteadOfInviting(_ fields: String, _ code: String) throws {
        let client = try EchoServer().client()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n")
        let answer = client.read(until: "}\n")
        #expect(answer.hasPrefix("HTTP/1.1 \(code) "))
        #expect(answer.contains("\r\nConnection: close\r\n"))
    }

    /// A body that a method has no use for does not become the next request.
    @Test(arguments: ["GET", "HEAD", "OPTIONS", "DELETE"])
    func readsABodyOfAnyMethod(_ method: String) throws {
        let running = try EchoServer()
        let inner = "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"
        let outer =
            "\(method) /word HTTP/1.1\r\nHost: a\r\nContent-Length: \(inner.utf8.count)\r\n\r\n"
        let answers = try #require(try running.exchange(outer + inner + head("1.1", "")))
        #expect(answers.components(of: "HTTP/1.1 200 OK\r\n") == 2)
        #expect(!running.scrape().contains("route=\"/echo\",code"))
    }

    /// HEAD is answered as GET is, to the byte, up to the body (RFC 9110 section 9.3.2).
    @Test(arguments: ["/word", "/big", "/later", "/nothing"])
    func answersHEADAsGETWithoutABody(_ path: String) throws {
        let running = try EchoServer()
        let answers = try ["GET", "HEAD"].map { method in
            let text = try #require(
                try running.exchange("\(method) \(path) HTTP/1.1\r\nHost: a\r\n\r\n"))
            return text.split(separator: "\r\n", omittingEmptySubsequences: false)
                .filter { !$0.hasPrefix("Date: ") }.joined(separator: "\r\n")
        }
        let end = try #require(answers[0].firstRange(of: "\r\n\r\n"))
        #expect(answers[1] == answers[0][..<end.upperBound])
    }

    @Test func putsNothingBetweenHEADAndTheNextAnswer() throws {
        let head = "HEAD /big HTTP/1.1\r\nHost: a\r\n\r\n"
        let answers = try #require(
            try EchoServer().exchange(head + head + EchoServer.post("/echo", "end")))
        #expect(answers.components(of: "HTTP/1.1 200 OK\r\n") == 3)
        #expect(answers.components(of: "\r\n\r\nHTTP/1.1 200 OK\r\n") == 2)
        #expect(!answers.contains(".."))
    }

    @Test func sends204WithoutLengthOrBody() throws {
        let answer = try #require(
            try EchoServer().exchange("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(answer.hasPrefix("HTTP/1.1 204 No Content\r\n"))
        #expect(!answer.contains("Content-Length"))
        #expect(!answer.contains("Transfer-Encoding"))
        #expect(answer.hasSuffix("\r\n\r\n"))
    }

    /// IMF-fixdate, of this second or the one before (RFC 9110 sections 5.6.7 and 6.6.1).
    @Test func tellsTheDate() throws {
        let running = try EchoServer()
        for path in ["/word", "/nothing", "/later", "/%"] {
            let before = time(nil)
            let answer = try #require(
                try running.exchange("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n"))
            let dates = (before - 2...time(nil)).map { second in
                var bytes: [UInt8] = []
                HTTPDate.append(unixSeconds: second, to: &bytes)
                return "\r\nDate: \(String(decoding: bytes, as: UTF8.self))\r\n"
            }
            #expect(answer.components(of: "\r\nDate: ") == 1)
            #expect(dates.contains { answer.contains($0) })
        }
    }

    /// Old clients end a POST with one CR LF too many (RFC 9112 section 2.2): it is no message that
    /// could be cut short, and nobody is told off for it.
    @Test(arguments: ["", "\r", "\r\n"])
    func saysNothingToAnEmptyLineAndAnEnd(_ rest: String) throws {
        let running = try EchoServer()
        let answer = try #require(try running.exchange(EchoServer.post("/echo", "one") + rest))
        #expect(answer.hasSuffix("\r\n\r\none"))
        #expect(running.scrape().contains("http_parse_errors_total{reason=\"unexpected_end\"} 0\n"))
    }

    @Test func forgivesAnEmptyLineBetweenRequests() throws {
        let one = EchoServer.post("/echo", "one")
        let answers = try #require(try EchoServer().exchange("\r\n\(one)\r\n\(one)\r\n"))
        #expect(answers.components(of: "HTTP/1.1 200 OK\r\n") == 2)
        #expect(!answers.contains("400"))
    }

    /// The client's end comes inside a message, which is never executed.
    @Test(arguments: [
        "G", "GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
    ])
    func executesNothingThatIsCutShort(_ message: String) throws {
        let running = try EchoServer()
        let answer = try #require(try running.exchange(message))
        #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        let metrics = running.scrape()
        #expect(metrics.contains("http_parse_errors_total{reason=\"unexpected_end\"} 1\n"))
        #expect(!metrics.contains("http_requests_total{"))
    }

    /// A client that sends and does not read is not read from for ever.
    @Test func stopsReadingFromAClientThatDoesNotRead() throws {
        let running = try EchoServer { $0.pendingOutputBytesMax = 100_000 }
        let client = try running.client()
        let request = EchoServer.post("/big", "")
        let block = String(repeating: request, count: 1_000)
        let byteCountMax = 64 * 1_048_576
        var sent = 0
        while sent < byteCountMax, client.sendWithoutWaiting(block, milliseconds: 500) {
            sent += block.utf8.count
        }
        // The sockets' own buffers hold some MiB.
        #expect(sent < byteCountMax)
        // Others are served meanwhile.
        #expect(try running.exchange(EchoServer.post("/echo", "x"))?.hasSuffix("x") == true)
    }
}
