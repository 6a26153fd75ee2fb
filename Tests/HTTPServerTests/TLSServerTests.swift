// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import HTTP1
import HTTPServer
import TLSTesting
import Testing

/// The server as clients meet it that speak TLS.
struct TLSServerTests {
    private static let versions = [TLS1_2_VERSION, TLS1_3_VERSION]

    @Test(arguments: versions)
    func answersManyRequestsOnAConnection(version: Int32) throws {
        let server = try TLSServer()
        let client = try server.client { $0.versions = version...version }
        for round in 0..<200 {
            let path = round % 5 == 3 ? "/later" : "/echo"
            client.send(TLSServer.post(path, "<\(round)>"))
            #expect(client.read(until: "<\(round)>").hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
        let name = version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"
        #expect(server.counts(1, "full", version: name))
    }

    /// Bodies of many records, and answers that the socket does not take at once.
    @Test(arguments: [16_384, 65_536, 70_000, 4_000_000])
    func readsAndWritesMoreThanARecordHolds(byteCount: Int) throws {
        let client = try TLSServer().client()
        let body = String(repeating: "0123456789abcdef", count: byteCount / 16)
        client.send(TLSServer.post("/echo", body, "Connection: close\r\n"))
        let answer = try #require(client.readToEnd())
        #expect(answer.hasSuffix("\r\n\r\n" + body))
    }

    /// More than the loop's buffer comes at once, and the server must stop reading as its answers
    /// are not taken. What libssl holds by then is in no socket that epoll could tell of.
    @Test(arguments: [1, 60_000, 1_048_576], ["/big", "/later"])
    func goesOnWithWhatTLSHasRead(outputLimit: Int, path: String) throws {
        let client = try TLSServer { $0.pendingOutputBytesMax = outputLimit }.client()
        let pad = "X-Pad: \(String(repeating: "x", count: 500))\r\n"
        let batch = (0..<150).map { TLSServer.post(path, "<\($0)>", pad) }.joined()
        #expect(batch.utf8.count > 65_536)
        client.send(batch + TLSServer.post("/echo", "end", "Connection: close\r\n"))
        let answers = try #require(client.readToEnd())
        #expect(answers.hasSuffix("\r\n\r\nend"))
        let marks = answers.split(separator: "<").dropFirst().map { $0.prefix { $0 != ">" } }
        #expect(marks == (0..<150).map { Substring("\($0)") })
    }

    /// A record for each byte: they are read in bounded turns, which go on by themselves.
    @Test func readsRequestsInTinyRecords() throws {
        let client = try TLSServer().client()
        let message = TLSServer.post("/echo", String(repeating: "x", count: 300) + "end")
        for byte in message.utf8 { #expect(client.write([byte]) == 1) }
        #expect(client.read(until: "end").hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test func aStalledHandshakeStallsNoOther() throws {
        let server = try TLSServer { $0.loopCount = 1 }
        let stalled = try (0..<50).map { index in
            let client = try server.plainClient()
            // Nothing, or the start of a ClientHello.
            if index % 2 == 1 { client.send("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}") }
            return client
        }
        for _ in 0..<20 {
            let client = try server.client()
            client.send(TLSServer.post("/echo", "here"))
            #expect(client.read(until: "here").hasSuffix("here"))
        }
        #expect(server.counts(20, "full", version: "TLSv1.3"))
        #expect(stalled.count == 50)
    }

    @Test func aHandshakeHasADeadline() throws {
        let server = try TLSServer { $0.deadlines.handshakeSeconds = 1 }
        let mute = try server.plainClient()
        let slow = try server.plainClient()
        slow.send("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}")
        #expect(mute.readToEnd() == "")
        #expect(slow.readToEnd() == "")
        #expect(server.counts(2, "timeout"))
        #expect(server.scrape().contains("timeouts_total{phase=\"handshake\"} 2\n"))
    }

    @Test func closesOnClientsWithoutTLS() throws {
        let server = try TLSServer()
        let client = try server.plainClient()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
        client.finishSending()
        #expect(client.readToEnd() == "")
        #expect(server.counts(1, "plain_http"))
        #expect(!server.scrape().contains("http_requests_total{"))
    }

    /// A client of TLS 1.3 is done before the server has judged its certificate, and sends its
    /// request. It must be able to read why it was refused.
    @Test(
        arguments: [
            (nil, SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "certificate_missing"),
            ("stranger", SSL_R_TLSV1_ALERT_UNKNOWN_CA, "certificate_refused"),
            ("expired", SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "certificate_refused"),
        ] as [(String?, Int32, String)])
    func tellsWhyAClientIsRefused(name: String?, alert: Int32, result: String) throws {
        let server = try TLSServer(clientAuthority: "ca.pem")
        for _ in 0..<20 {
            let client = try server.client {
                $0.certificate = name.map { CertificateFolder.shared.identity($0) }
            }
            client.send(TLSServer.post("/echo", "x"))
            #expect(client.read() == nil)
            #expect(ERR_GET_REASON(ERR_peek_error()) == alert)
        }
        #expect(server.counts(20, result))
        let good = try server.client {
            $0.certificate = CertificateFolder.shared.identity("client")
        }
        good.send(TLSServer.post("/echo", "welcome"))
        #expect(good.read(until: "welcome").hasSuffix("welcome"))
    }

    /// The certificate was chosen by the name that the client asked TLS for; a request for another
    /// host is answered only if that certificate bears it too (RFC 9110 section 15.5.20).
    @Test(
        arguments: [
            ("a.example", "a.example", "200"), ("a.example", "A.EXAMPLE:8443", "200"),
            ("a.example", "a.example.", "200"), ("a.example", "x.wild.example", "200"),
            ("a.example", "default.example", "421"), ("a.example", "127.0.0.1", "421"),
            ("a.example", "[::1]:80", "421"), ("default.example", "127.0.0.1:80", "200"),
            // Served by the first certificate, for want of a better one.
            ("unknown.example", "unknown.example", "200"),
            ("unknown.example", "default.example", "200"),
            ("unknown.example", "a.example", "421"),
            (nil, "a.example", "200"),
        ] as [(String?, String, String)])
    func refusesRequestsForOtherHosts(name: String?, host: String, code: String) throws {
        let server = try TLSServer(certificates: ["server", "named"])
        let client = try server.client { $0.serverName = name }
        client.send(TLSServer.post("/echo", "x", "Connection: close\r\n", host: host))
        let answer = try #require(client.readToEnd())
        #expect(answer.hasPrefix("HTTP/1.1 \(code) "))
    }

    @Test(arguments: ["/echo", "/later"])
    func answersAClientThatHasSentItsLast(path: String) throws {
        let client = try TLSServer().client()
        client.send(TLSServer.post(path, "bye"))
        client.finishSending()
        #expect(client.readToEnd()?.hasSuffix("bye") == true)
    }

    /// An end that TLS does not vouch for may be an attacker's: what came before it is no whole
    /// message (RFC 9112 section 9.8).
    @Test func neverExecutesARequestCutShort() throws {
        let server = try TLSServer()
        let client = try server.client()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
        client.cut()
        #expect(client.readToEnd() == "" || !client.hasBeenClosed)
        #expect(!server.scrape().contains("http_requests_total{"))
        // With TLS's own end it is refused in so many words.
        let polite = try server.client()
        polite.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
        polite.finishSending()
        #expect(polite.readToEnd()?.hasPrefix("HTTP/1.1 400 ") == true)
    }

    @Test func drainsWhatIsUnderWayAndSaysThatItEnds() async throws {
        let server = try TLSServer()
        let idle = try server.client()
        idle.send(TLSServer.post("/echo", "x"))
        _ = idle.read(until: "x")
        let busy = try (0..<20).map { _ in try server.client() }
        for client in busy { client.send(TLSServer.post("/later", "x")) }
        let isClean = await withCheckedContinuation { continuation in
            server.server.drain(deadlineSeconds: 5) { continuation.resume(returning: $0) }
        }
        #expect(isClean)
        #expect(idle.readToEnd() == "")
        for client in busy {
            let answer = try #require(client.readToEnd())
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("x"))
        }
    }

    @Test(arguments: versions)
    func resumesSessions(version: Int32) throws {
        let server = try TLSServer()
        let first = try server.client { $0.versions = version...version }
        first.send(TLSServer.post("/echo", "x"))
        _ = first.read(until: "x")
        let session = first.session()
        for _ in 0..<3 {
            let next = try server.client {
                $0.versions = version...version
                $0.session = session
            }
            #expect(next.isResumed)
            next.send(TLSServer.post("/echo", "again"))
            #expect(next.read(until: "again").hasSuffix("again"))
        }
        let name = version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"
        #expect(server.counts(3, "resumed", version: name))
    }

    /// An idle connection gives its buffers back after a second, and takes new ones when needed.
    @Test func goesOnAfterARest() async throws {
        let client = try TLSServer().client()
        for _ in 0..<2 {
            client.send(TLSServer.post("/echo", "awake"))
            #expect(client.read(until: "awake").hasSuffix("awake"))
            try await Task.sleep(for: .seconds(3))
        }
        client.send(TLSServer.post("/echo", "awake"))
        #expect(client.read(until: "awake").hasSuffix("awake"))
    }

    @Test func closesAboveTheConnectionLimitWithoutAWordOfPlainText() throws {
        let server = try TLSServer {
            $0.connectionCountMax = 1
            $0.connectionReserveCount = 0
        }
        let first = try server.client()
        first.send(TLSServer.post("/echo", "x"))
        _ = first.read(until: "x")
        let second = try server.plainClient()
        #expect(second.readToEnd() == "")
    }
}
