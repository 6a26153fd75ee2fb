// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Testing

struct HTTPServerTests {
    private func start(
        _ change: (inout HTTPServerConfiguration) -> Void = { _ in }
    ) throws -> EchoServer {
        try EchoServer(change)
    }

    private func post(_ path: String, _ body: String, _ fields: String = "") -> String {
        EchoServer.post(path, body, fields)
    }

    @Test func answersManyRequestsOnOneConnectionInOrder() throws {
        let running = try start()
        let client = try running.client()
        let batch = (0..<64).map { post($0 % 5 == 3 ? "/later" : "/echo", "<\($0)>") }
        client.send(batch.joined())
        let answers = client.read(until: "<63>")
        let order = (0..<64).map { answers.firstRange(of: "<\($0)>")?.lowerBound }
        #expect(order.allSatisfy { $0 != nil })
        #expect(order.compactMap(\.self) == order.compactMap(\.self).sorted())
        #expect(answers.components(of: "HTTP/1.1 200 OK\r\n") == 64)
    }

    @Test(arguments: [1, 7, 40])
    func readsRequestsInPieces(_ size: Int) throws {
        let client = try start().client()
        var rest = post("/echo", "hello world")[...]
        while !rest.isEmpty {
            client.send(String(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        #expect(client.read(until: "hello world").contains("Content-Length: 11\r\n"))
    }

    @Test func readsAndWritesMoreThanAnyBufferHolds() throws {
        let client = try start().client()
        let body = String(repeating: "0123456789", count: 400_000)
        client.send(post("/echo", body, "Connection: close\r\n"))
        let answer = try #require(client.readToEnd())
        #expect(answer.hasSuffix("\r\n\r\n" + body))
    }

    @Test func answersTheRequestsBeforeAnErrorAndThenCloses() throws {
        let running = try start()
        let client = try running.client()
        client.send(post("/echo", "one") + "GET / HTTP/1.1\nHost: a\r\n\r\n" + post("/echo", "two"))
        client.finishSending()
        let answer = try #require(client.readToEnd())
        #expect(answer.contains("one"))
        #expect(answer.contains("HTTP/1.1 400 Bad Request\r\n"))
        #expect(answer.contains("\"type\":\"urn:martlet:problem:bare-line-feed\""))
        #expect(!answer.contains("two"))
        #expect(running.scrape().contains("http_parse_errors_total{reason=\"bare_line_feed\"} 1\n"))
    }

    @Test(arguments: [
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", "413"),
        ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\n", "414"),
        ("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 40_000))\r\n\r\n", "431"),
        ("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "501"), ("GET / HTTP/3.0\r\n\r\n", "505"),
        ("POST / HTTP/1.1\r\nHost: a\r\nExpect: x\r\nContent-Length: 1\r\n\r\n", "417"),
    ])
    func refusesWith(_ message: String, _ code: String) throws {
        let client = try start().client()
        client.send(message)
        client.finishSending()
        let answer = try #require(client.readToEnd())
        #expect(answer.hasPrefix("HTTP/1.1 \(code) "))
        #expect(answer.contains("\r\nConnection: close\r\n"))
    }

    @Test func answersHeadWithoutABody() throws {
        let client = try start().client()
        client.send("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let answer = try #require(client.readToEnd())
        #expect(answer.contains("Content-Length: 5\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n"))
    }

    @Test func invitesABodyThatWaits() throws {
        let client = try start().client()
        client.send(
            "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(client.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        client.send("ok")
        #expect(client.read(until: "ok").hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test func keepsOrClosesAsTheVersionSays() throws {
        let running = try start()
        let old = try running.client()
        old.send("GET / HTTP/1.0\r\n\r\n")
        #expect(try #require(old.readToEnd()).contains("\r\nConnection: close\r\n"))
        let kept = try running.client()
        kept.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(kept.read(until: "first").contains("\r\nConnection: keep-alive\r\n"))
        kept.send("GET / HTTP/1.0\r\n\r\n")
        #expect(kept.readToEnd()?.contains("first") == true)
    }

    @Test func aPublishedValueReachesEveryLoop() throws {
        let running = try start()
        let clients = try (0..<8).map { _ in try running.client() }
        running.server.publish("second")
        for client in clients {
            // A loop takes the message between two of its turns, which last milliseconds.
            var answer = ""
            for _ in 0..<10_000 where !answer.contains("second") {
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                answer = client.read(until: "\r\n\r\n")
            }
            #expect(answer.contains("second"))
        }
    }

    @Test func drainsWhatIsUnderWayAndThenIsDone() async throws {
        let running = try start()
        let idle = try running.client()
        idle.send(post("/echo", "x"))
        _ = idle.read(until: "x")
        let isClean = await withCheckedContinuation { continuation in
            running.server.drain(deadlineSeconds: 5) { continuation.resume(returning: $0) }
        }
        #expect(isClean)
        #expect(idle.readToEnd() == "")
        #expect(Client(port: running.port) == nil)
    }

    @Test func drainAnswersWhatHasConnected() async throws {
        let running = try start()
        let clients = try (0..<20).map { _ in try running.client() }
        for client in clients { client.send(post("/later", "x")) }
        let isClean = await withCheckedContinuation { continuation in
            running.server.drain(deadlineSeconds: 5) { continuation.resume(returning: $0) }
        }
        #expect(isClean)
        for client in clients {
            let answer = try #require(client.readToEnd())
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("x"))
        }
    }

    /// Answers wait for the client to take the ones before; none is lost or out of order.
    @Test(arguments: [1, 60_000, 1_048_576])
    func holdsBackAnswersOverTheOutputLimit(_ limit: Int) throws {
        let client = try start { $0.pendingOutputBytesMax = limit }.client()
        let batch = (0..<100).map { post("/big", "<\($0)>") }
        client.send(batch.joined() + post("/echo", "end", "Connection: close\r\n"))
        let answers = try #require(client.readToEnd())
        let bodies = answers.split(separator: "HTTP/1.1 200 OK\r\n").map(\.utf8.count)
        #expect(bodies.count == 101)
        #expect(bodies.dropLast().allSatisfy { $0 > 50_000 })
        let marks = answers.split(separator: ">").map { $0.suffix(4) }
        for (index, mark) in marks.dropLast().enumerated() {
            #expect(mark.hasSuffix("<\(index)"))
        }
    }

    @Test(arguments: [
        "GET / HTT", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
    ])
    func neverExecutesARequestCutShort(_ start: String) throws {
        let running = try self.start()
        let client = try running.client()
        client.send(post("/echo", "one") + start)
        client.finishSending()
        let answer = try #require(client.readToEnd())
        #expect(answer.components(of: "HTTP/1.1 200 OK\r\n") == 1)
        #expect(answer.contains("HTTP/1.1 400 Bad Request\r\n"))
        #expect(running.scrape().contains("http_parse_errors_total{reason=\"unexpected_end\"} 1\n"))
    }

    @Test func answersAClientThatHasSentItsLast() throws {
        for path in ["/echo", "/later"] {
            let client = try start().client()
            client.send(post(path, "bye"))
            client.finishSending()
            #expect(client.readToEnd()?.hasSuffix("bye") == true)
        }
    }

    /// A socket is told of once: what a full buffer left behind, and an end that came with the last
    /// bytes, must be read without another word from the kernel.
    @Test(arguments: [65_536, 65_537, 131_072, 300_000])
    func readsWhatAFullBufferLeftBehind(_ messageByteCount: Int) throws {
        let server = try start()
        let client = try server.client()
        let headByteCount = post("/echo", "").utf8.count - 1 + String(messageByteCount).utf8.count
        let body = String(repeating: "b", count: messageByteCount - headByteCount)
        client.send(post("/echo", body))
        client.finishSending()
        let answer = try #require(client.readToEnd())
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
        #expect(answer.hasSuffix(body))
    }

    @Test func executesNothingBehindConnectionClose() throws {
        let running = try start()
        let client = try running.client()
        client.send(post("/echo", "one", "Connection: close\r\n") + post("/echo", "two"))
        client.finishSending()
        let answer = try #require(client.readToEnd())
        #expect(answer.hasSuffix("\r\n\r\none"))
        #expect(running.scrape().contains("route=\"/echo\",code=\"200\"} 1\n"))
    }

    @Test func readsChunksAndAnswersWhatFollows() throws {
        let client = try start().client()
        let head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        client.send(head + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n" + post("/echo", "next"))
        let answers = client.read(until: "next")
        #expect(answers.contains("\r\n\r\nabcdeHTTP/1.1 200 OK\r\n"))
    }

    /// A client may break off while its answer is being made; the answer goes nowhere.
    @Test func dropsTheAnswerOfAClientThatHasGone() throws {
        let running = try start { $0.loopCount = 1 }
        for _ in 0..<50 {
            let client = try running.client()
            client.send(post("/later", "x"))
            client.reset()
        }
        let client = try running.client()
        client.send(post("/later", "still here"))
        #expect(client.read(until: "still here").hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test func countsADeferredRequestByItsRoute() throws {
        let running = try start()
        let client = try running.client()
        client.send(post("/later", "x"))
        _ = client.read(until: "x")
        #expect(
            running.scrape().contains(
                "http_requests_total{method=\"POST\",route=\"/later\",code=\"200\"} 1\n"))
    }

    @Test func isAliveWhileItsLoopsTurn() throws {
        let running = try start()
        let client = try running.client()
        client.send(post("/echo", "x"))
        _ = client.read(until: "x")
        #expect(running.server.turnsWithin(milliseconds: 60_000))
        #expect(!running.server.turnsWithin(milliseconds: 0))
    }

    @Test func countsRequestsByRoute() throws {
        let running = try start()
        let client = try running.client()
        client.send(post("/echo", "x") + post("/echo", "y") + post("/secret", ""))
        _ = client.read(until: "first")
        let text = running.scrape()
        #expect(
            text.contains(
                "http_requests_total{method=\"POST\",route=\"/echo\",code=\"200\"} 2\n"))
        #expect(
            text.contains(
                "http_requests_total{method=\"POST\",route=\"unmatched\",code=\"200\"} 1\n"))
        #expect(text.contains("http_request_duration_seconds_count{route=\"/echo\"} 2\n"))
        #expect(text.contains("http_requests_in_flight 0\n"))
        #expect(!text.contains("secret"))
    }

    @Test func closesAboveTheConnectionLimit() throws {
        let running = try start {
            $0.connectionCountMax = 1
            $0.connectionReserveCount = 0
        }
        let first = try running.client()
        first.send(post("/echo", "x"))
        _ = first.read(until: "x")
        let second = try running.client()
        let answer = try #require(second.readToEnd())
        #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        #expect(answer.contains("\r\nRetry-After: 1\r\n"))
        #expect(answer.contains("\r\nConnection: close\r\n"))
        #expect(running.scrape().contains("connections_rejected_total{reason=\"limit\"} 1\n"))
    }
}
