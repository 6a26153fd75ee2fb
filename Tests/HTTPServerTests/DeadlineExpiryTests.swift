// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Testing

/// What a client sees when its time is up; `DeadlinesTests` has the rules without a clock.
struct DeadlineExpiryTests {
    private func start() throws -> EchoServer {
        try EchoServer {
            $0.deadlines.headSeconds = 1
            $0.deadlines.idleSeconds = 1
            $0.deadlines.bodySeconds = 1
        }
    }

    /// A request that has begun is answered 408.
    @Test(arguments: [
        ("G", "head"), ("GET / HTTP/1.1\r\nHost: a\r\n", "head"),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx", "body"),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx", "body"),
    ])
    func answers408(_ start: String, _ phase: String) throws {
        let running = try self.start()
        let client = try running.client()
        client.send(start)
        let answer = client.read(until: "}\n")
        #expect(answer.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
        #expect(answer.contains("\r\nConnection: close\r\n"))
        let metrics = running.scrape()
        #expect(metrics.contains("http_parse_errors_total{reason=\"timeout\"} 1\n"))
        #expect(metrics.contains("timeouts_total{phase=\"\(phase)\"} 1\n"))
    }

    /// One that has not begun is not: the client has asked for nothing.
    @Test(arguments: [("", "opening"), ("\r\n", "opening")])
    func closesSilentlyAtTheStart(_ start: String, _ phase: String) throws {
        let running = try self.start()
        let client = try running.client()
        client.send(start)
        #expect(client.readToEnd() == "")
        #expect(running.scrape().contains("timeouts_total{phase=\"\(phase)\"} 1\n"))
    }

    @Test(arguments: ["", "\r\n"])
    func closesSilentlyBetweenRequests(_ rest: String) throws {
        let running = try start()
        let client = try running.client()
        client.send(EchoServer.post("/echo", "one") + rest)
        let answer = try #require(client.readToEnd())
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.hasSuffix("\r\n\r\none"))
        #expect(running.scrape().contains("timeouts_total{phase=\"idle\"} 1\n"))
    }

    /// A head's time runs from its first byte: a byte now and then does not stretch it.
    @Test func countsAHeadFromItsFirstByte() throws {
        let client = try start().client()
        client.send("GET / HTTP/1.1\r\n")
        var isRefused = false
        for _ in 0..<40 where !isRefused {
            client.send("A")
            isRefused = !client.readNothing(milliseconds: 100)
        }
        #expect(isRefused)
        #expect(client.read(until: "}\n").hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
    }
}
