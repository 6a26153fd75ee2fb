// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import JSON
import TLSTesting
import Testing

/// The built server's limits and its access log.
@Suite(.serialized)
struct OverloadTests {
    /// A prediction of so many rows.
    private func predict(rowCount: Int, fields: String = "") -> [UInt8] {
        let row =
            "["
            + (0..<16).map { "\(0.123456789012345 * Double($0) - 1)" }
            .joined(separator: ",") + "]"
        let body =
            "{\"instances\":["
            + String(repeating: row + ",", count: rowCount - 1) + row + "]}"
        return Array(
            ("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\(fields)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8)
    }

    private func lines(_ fixture: ServiceFixture, holding text: String, count: Int) -> [JSONValue] {
        var lines: [Substring] = []
        for _ in 0..<250 * Sanitizer.patience where lines.count < count {
            usleep(20_000)
            lines = fixture.log.split(separator: "\n").filter { $0.contains(text) }
        }
        return lines.compactMap { try? JSONValue(parsing: String($0)) }
    }

    @Test func logsWhatAPredictionWas() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let process = try await fixture.serve(["--access-log-share", "1"])
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        let answer = try fixture.exchange(
            ServiceFixture.predict().replacing(
                "Connection: close\r\n",
                with: "Connection: close\r\nX-Request-Id: mine-7\r\n"
                    + "traceparent: 00-\(trace)-00f067aa0ba902b7-01\r\n"))
        let line = try #require(lines(fixture, holding: "\"/predict\"", count: 1).first)
        #expect(line["level"]?.string == "info")
        #expect(line["method"]?.string == "POST")
        #expect(line["status"] == 200)
        #expect(line["remote"]?.string == "127.0.0.1")
        #expect(line["request_id"]?.string == "mine-7")
        #expect(line["trace_id"]?.string == trace)
        #expect(line["span_id"]?.string?.utf8.count == 16)
        #expect(line["model"]?.string == "m")
        #expect(line["version"] == 1)
        #expect(line["bytes_out"] == .integer(answer.utf8.count))
        let id = try #require(line["prediction_id"]?.string)
        #expect(answer.contains("\"prediction_id\":\"\(id)\""))
        // A probe is a request too, and so is a problem, whose line says what it is.
        _ = try fixture.get("/models/nobody")
        let problem = try #require(lines(fixture, holding: "unknown-model", count: 1).first)
        #expect(problem["reason"]?.string == "unknown-model")
        #expect(problem["route"]?.string == "/models/{model}")
        #expect(problem["detail"] == nil)
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
    }

    /// A drain ends with the last request's line written.
    @Test func logsTheLastRequest() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let process = try await fixture.serve(["--access-log-share", "1"])
        for _ in 0..<50 { _ = try fixture.predict() }
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
        #expect(fixture.log.split(separator: "\n").count { $0.contains("\"/predict\"") } == 50)
    }

    @Test func logsFaultsOfItsOwnWithoutBeingAsked() async throws {
        let fixture = try ServiceFixture()
        let process = try await fixture.serve()
        #expect(try fixture.predict().hasPrefix("HTTP/1.1 503"))
        let line = try #require(lines(fixture, holding: "\"/predict\"", count: 1).first)
        #expect(line["level"]?.string == "warning")
        #expect(line["reason"]?.string == "no-model-served")
        #expect(line["detail"]?.string?.contains("readyz") == true)
        #expect(line["request_id"]?.string?.utf8.count == 32)
        #expect(line["trace_id"]?.string?.utf8.count == 32)
        #expect(process.pid > 0)
    }

    @Test func holdsAClientToItsRate() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let process = try await fixture.serve(
            ["--rate-limit-per-second", "1", "--rate-limit-burst", "5"])
        let client = try #require(KeepAlive(port: UInt16(fixture.port)))
        let request = Array(ServiceFixture.predict(close: false).utf8)
        let answers = (0..<8).compactMap { _ in
            client.exchange(request).map { String(decoding: $0, as: UTF8.self) }
        }
        try #require(answers.count == 8)
        #expect(answers.prefix(5).allSatisfy { $0.hasPrefix("HTTP/1.1 200") })
        let refusal = try #require(answers.last)
        #expect(refusal.hasPrefix("HTTP/1.1 429 Too Many Requests\r\n"))
        #expect(refusal.contains("\r\nRetry-After: 1\r\n"))
        #expect(refusal.contains("urn:martlet:problem:rate-limited"))
        for path in ["/livez", "/readyz", "/metrics"] {
            #expect(try fixture.get(path).hasPrefix("HTTP/1.1 200"))
        }
        #expect(process.pid > 0)
    }

    @Test func keepsAReserveForProbes() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let process = try await fixture.serve(
            ["--connections-max", "1", "--connections-reserve", "2"])
        let request = Array(ServiceFixture.predict(close: false).utf8)
        var kept: KeepAlive?
        // The connections that waited for the start may not be closed yet.
        for _ in 0..<100 {
            kept = KeepAlive(port: UInt16(fixture.port))
            if kept?.exchange(request)?.starts(with: "HTTP/1.1 200".utf8) == true { break }
            // Gone before the next one comes, which would be above the limit else.
            kept = nil
            usleep(20_000)
        }
        for path in ["/livez", "/readyz", "/healthz", "/metrics"] {
            #expect(try fixture.get(path).hasPrefix("HTTP/1.1 200"))
        }
        let refusal = try fixture.exchange(ServiceFixture.predict(close: false))
        #expect(refusal.hasPrefix("HTTP/1.1 503"))
        #expect(refusal.contains("\r\nRetry-After: 1\r\n"))
        #expect(refusal.contains("\r\nConnection: close\r\n"))
        #expect(kept?.exchange(request)?.starts(with: "HTTP/1.1 200".utf8) == true)
        #expect(process.pid > 0)
    }

    /// Five times what it can do at once: some predictions are made, the others are refused while
    /// those wait, and probes are answered all along.
    @Test func refusesPredictionsThatWouldWaitTooLong() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let process = try await fixture.serve(
            ["--loops", "1", "--queue-milliseconds-max", "5"])
        let port = UInt16(fixture.port)
        let heavy = predict(rowCount: 1000)
        let clients = (0..<20).compactMap { _ in KeepAlive(port: port) }
        let probe = try #require(KeepAlive(port: port))
        for client in clients { #expect(client.exchange(heavy, byteCount: 0) != nil) }
        let start = ContinuousClock.now
        let health = probe.exchange(Array("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        #expect(health?.starts(with: "HTTP/1.1 200".utf8) == true)
        #expect(ContinuousClock.now - start < .seconds(5 * Sanitizer.patience))
        var statuses: [String: Int] = [:]
        for client in clients {
            let answer = String(
                decoding: try #require(client.exchange([], byteCount: 1)), as: UTF8.self)
            statuses[String(answer.dropFirst(9).prefix(3)), default: 0] += 1
            if answer.hasPrefix("HTTP/1.1 429") {
                #expect(answer.contains(#/\r\nRetry-After: [1-9]/#))
            }
        }
        #expect(statuses["200", default: 0] > 0)
        #expect(statuses["429", default: 0] > 0)
        #expect(statuses.count == 2, "\(statuses)")
        let metrics = try fixture.get("/metrics")
        #expect(
            metrics.contains(
                "requests_shed_total{reason=\"overload\"} \(statuses["429", default: 0])\n"))
        let after = try #require(KeepAlive(port: port))
        let request = Array(ServiceFixture.predict(close: false).utf8)
        #expect(after.exchange(request)?.starts(with: "HTTP/1.1 200".utf8) == true)
        #expect(process.pid > 0)
    }
}
