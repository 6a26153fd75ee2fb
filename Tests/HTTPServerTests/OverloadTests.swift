// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTPServer
import TLSTesting
import Testing

/// What a server does that is asked for more than it can do.
struct OverloadTests {
    /// How long the work goes on during which something is to happen, in their terms.
    private static let patience = Sanitizer.patience

    /// Room for 100 ms of work on one worker.
    private func fixture() throws -> OverloadFixture {
        try OverloadFixture { $0.queueMillisecondsMax = 100 * Self.patience }
    }

    /// 250 ms are alone and so let in; what comes meanwhile is told when there will be room.
    @Test func refusesWorkThatWouldWaitTooLong() throws {
        let fixture = try fixture()
        let first = try fixture.client()
        first.send(OverloadFixture.post("/work", "\(250 * Self.patience)"))
        #expect(OverloadFixture.waits { fixture.begunCount.current == 1 })
        let start = ContinuousClock.now
        for _ in 0..<20 {
            let client = try fixture.client()
            client.send(OverloadFixture.post("/work", "10"))
            let answer = client.read(until: "\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 429 Too Many Requests\r\n"))
            #expect(answer.contains("\r\nRetry-After: 1\r\n"))
            // A refusal costs the client no new connection.
            #expect(!answer.contains("Connection: close"))
        }
        #expect(ContinuousClock.now - start < .milliseconds(200 * Self.patience))
        #expect(first.read(until: "done").hasSuffix("done"))
        #expect(fixture.begunCount.current == 1)
        #expect(fixture.scrape().contains("requests_shed_total{reason=\"overload\"} 20\n"))
        // Normal as soon as there is room.
        first.send(OverloadFixture.post("/work", "1"))
        #expect(first.read(until: "done").hasSuffix("done"))
    }

    /// What was thought to be small is let in, and let in again as what it is: refused while others
    /// wait behind it, done when it is alone.
    @Test func judgesWorkAnewThatTurnsOutToBeMore() throws {
        let fixture = try fixture()
        let clients = try (0..<3).map { _ in try fixture.client() }
        clients[0].send(OverloadFixture.post("/work", "\(50 * Self.patience)"))
        #expect(OverloadFixture.waits { fixture.begunCount.current == 1 })
        clients[1].send(OverloadFixture.post("/more", "1000"))
        #expect(fixture.waits(for: "http_requests_in_flight 2"))
        clients[2].send(OverloadFixture.post("/work", "30"))
        let refused = clients[1].read(until: "\r\n\r\n")
        #expect(refused.hasPrefix("HTTP/1.1 429 Too Many Requests\r\n"))
        for index in [0, 2] { #expect(clients[index].read(until: "done").hasSuffix("done")) }
        #expect(fixture.begunCount.current == 2)
        #expect(fixture.scrape().contains("requests_shed_total{reason=\"overload\"} 1\n"))
        clients[1].send(OverloadFixture.post("/more", "200"))
        #expect(clients[1].read(until: "done").hasSuffix("done"))
    }

    /// An application that asks first is told the same, and what it turns away is counted once.
    @Test func tellsTheApplicationWhetherThereIsRoom() throws {
        let fixture = try fixture()
        let first = try fixture.client()
        first.send(OverloadFixture.post("/room", "1000"))
        #expect(first.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 OK\r\n"))
        first.send(OverloadFixture.post("/work", "\(250 * Self.patience)"))
        #expect(OverloadFixture.waits { fixture.begunCount.current == 1 })
        let second = try fixture.client()
        for _ in 0..<20 {
            second.send(OverloadFixture.post("/room", "2000"))
            let answer = second.read(until: "\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 429 Too Many Requests\r\n"))
            #expect(answer.contains("\r\nRetry-After: 3\r\n"))
        }
        #expect(fixture.scrape().contains("requests_shed_total{reason=\"overload\"} 20\n"))
        #expect(first.read(until: "done").hasSuffix("done"))
    }

    /// What waits behind others is not begun when its client has stopped waiting.
    @Test func dropsWorkWhoseTimeHasPassed() throws {
        let fixture = try fixture()
        let first = try fixture.client()
        first.send(OverloadFixture.post("/work", "\(80 * Self.patience)"))
        #expect(OverloadFixture.waits { fixture.begunCount.current == 1 })
        let late = try fixture.client()
        late.send(OverloadFixture.post("/work", "10", "X-Request-Timeout-Ms: 20\r\n"))
        let patient = try fixture.client()
        patient.send(OverloadFixture.post("/work", "10", "X-Request-Timeout-Ms: 4000\r\n"))
        #expect(late.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 504 Gateway Timeout\r\n"))
        #expect(patient.read(until: "done").hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(fixture.begunCount.current == 2)
        #expect(fixture.scrape().contains("requests_shed_total{reason=\"expired\"} 1\n"))
    }

    @Test func dropsTheWorkOfClientsThatHaveGone() throws {
        let fixture = try OverloadFixture { $0.queueMillisecondsMax = 1000 * Self.patience }
        let first = try fixture.client()
        first.send(OverloadFixture.post("/work", "\(500 * Self.patience)"))
        #expect(OverloadFixture.waits { fixture.begunCount.current == 1 })
        for index in 0..<5 {
            let gone = try fixture.client()
            gone.send(OverloadFixture.post("/work", "2"))
            #expect(fixture.waits(for: "http_requests_in_flight \(index + 2)"))
            gone.reset()
            withExtendedLifetime(gone) {}
        }
        #expect(fixture.waits(for: "requests_shed_total{reason=\"gone\"} 5"))
        #expect(first.read(until: "done").hasSuffix("done"))
        #expect(fixture.begunCount.current == 1)
        #expect(fixture.waits(for: "http_requests_in_flight 0"))
    }

    /// Connections above the limit are there for probes, and only for a while.
    @Test func answersProbesInItsReserve() throws {
        let fixture = try OverloadFixture {
            $0.connectionCountMax = 2
            $0.connectionReserveCount = 2
            $0.deadlines.reserveSeconds = Self.patience
        }
        let within = try (0..<2).map { _ in try fixture.client() }
        for client in within {
            client.send(OverloadFixture.post("/echo", "x"))
            #expect(client.read(until: "\r\n\r\nx").hasPrefix("HTTP/1.1 200 "))
        }
        let probe = try fixture.client()
        probe.send("GET /probe HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(probe.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
        let other = try fixture.client()
        other.send(OverloadFixture.post("/echo", "x"))
        let refusal = try #require(other.readToEnd())
        #expect(refusal.hasPrefix("HTTP/1.1 503 "))
        #expect(refusal.contains("\r\nConnection: close\r\n"))
        // Above the reserve nothing is read at all. (The one refused above may linger still.)
        let filler = Client(port: fixture.port, of: fixture.server)
        let refused = try fixture.client()
        #expect(refused.readToEnd()?.hasPrefix("HTTP/1.1 503 ") == true)
        withExtendedLifetime(filler) {}
        // The probe's connection is idle and makes room for others; those within the limit stay.
        #expect(probe.readToEnd() == "")
        for client in within {
            client.send(OverloadFixture.post("/echo", "y"))
            #expect(client.read(until: "\r\n\r\ny").hasPrefix("HTTP/1.1 200 "))
        }
    }

    /// Heads and bodies that trickle are given up in time, whatever they send, and nobody else
    /// notices.
    @Test func givesUpOnClientsThatTrickle() throws {
        let fixture = try OverloadFixture {
            $0.deadlines.headSeconds = 2
            $0.deadlines.bodyRateGraceSeconds = 1
        }
        let heads = try (0..<20).map { _ in try fixture.client() }
        let bodies = try (0..<20).map { _ in try fixture.client() }
        for client in heads { client.send("GET /echo HTTP/1.1\r\n") }
        for client in bodies {
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        }
        let honest = try fixture.client()
        for index in 0..<40 {
            for client in heads { client.send("X-\(index): y\r\n") }
            for client in bodies { client.send("z") }
            honest.send(OverloadFixture.post("/echo", "<\(index)>"))
            #expect(honest.read(until: "<\(index)>").hasPrefix("HTTP/1.1 200 "))
            usleep(100_000)
        }
        for client in heads + bodies {
            #expect(
                client.readToEnd().map { $0.hasPrefix("HTTP/1.1 408 ") || $0 == "reset" } == true)
        }
        #expect(fixture.scrape().contains("timeouts_total{phase=\"head\"} 20\n"))
        #expect(fixture.scrape().contains("timeouts_total{phase=\"body\"} 20\n"))
    }

    /// Most of a body that came with its head counts for its rate.
    @Test func waitsForTheRestOfABodyThatCameFast() throws {
        let fixture = try OverloadFixture { $0.deadlines.bodyRateGraceSeconds = 1 }
        let client = try fixture.client()
        let message = OverloadFixture.post("/echo", String(repeating: "x", count: 2400) + "end")
        client.send(String(message.dropLast(3)))
        usleep(2_500_000)
        client.send("end")
        #expect(client.read(until: "end").hasPrefix("HTTP/1.1 200 "))
    }
}
