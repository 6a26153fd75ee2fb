// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP1
import HTTPServer
import JSON
import Logging
import OpenSSL
import Serving
import TLSTesting
import Telemetry
import Testing
import martlet

/// Events on their way to a receiver over loopback.
@Suite(.serialized)
struct WebhookTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func sink(
        _ server: ScriptedServer, _ metrics: MetricsRegistry, secret: String? = nil,
        format: WebhookFormat = .generic, queueCountMax: Int = 10, path: String = "/hook?k=1"
    ) throws -> EventSink {
        let url = try #require(HTTPURL("http://\(server.address)\(path)"))
        let exchange = HTTPExchange(url, timeoutMilliseconds: 5000)
        return EventSink(
            webhook: Webhook(exchange, format: format, secret: secret.map { Array($0.utf8) }),
            retraining: nil, queueCountMax: queueCountMax, metrics: metrics, logger: logger)
    }

    private static func count(
        _ metrics: MetricsRegistry, _ name: String, _ labels: Labels = [:]
    ) -> Int {
        metrics.counter(name, "", labels).total
    }

    /// Fails in two ways, then takes it: told once, with the same body each time, and signed.
    @Test func triesAgainUntilItIsTold() throws {
        let server = try ScriptedServer { _, count in
            switch count {
            case 0: ScriptedServer.json("{}", status: "503 Service Unavailable")
            case 1: nil
            default: ScriptedServer.json("{}", status: "202 Accepted")
            }
        }
        defer { server.stop() }
        let metrics = MetricsRegistry(loopCount: 1)
        let sink = try Self.sink(server, metrics, secret: "of two")
        let event = ServiceEvent.sample()
        sink.emit(event)
        sink.emit(event)
        #expect(server.waits(forRequests: 3))
        sink.close(withinMilliseconds: 5000)
        let requests = server.requests
        #expect(requests.count == 3)
        for request in requests {
            #expect(request.line == "POST /hook?k=1")
            #expect(request["Content-Type"] == "application/json")
            #expect(request["Martlet-Event-Id"] == event.id)
            #expect(request.body == event.json.text)
            #expect(try Self.isSigned(request, secret: "of two"))
            #expect(try !Self.isSigned(request, secret: "of others"))
        }
        #expect(Self.count(metrics, "events_delivered_total", ["result": "delivered"]) == 1)
        #expect(Self.count(metrics, "events_delivered_total", ["result": "failed"]) == 0)
        #expect(Self.count(metrics, "events_delivery_retries_total") == 2)
        #expect(Self.count(metrics, "events_duplicate_total") == 1)
        #expect(Self.count(metrics, "events_total", ["kind": "drift"]) == 1)
    }

    /// As a receiver checks it: by the time and the body that came.
    private static func isSigned(_ request: ScriptedServer.Request, secret: String) throws -> Bool {
        let field = try #require(request["Martlet-Signature"])
        let parts = field.split(separator: ",")
        try #require(parts.count == 2 && parts[0].hasPrefix("t=") && parts[1].hasPrefix("v1="))
        let text = "\(parts[0].dropFirst(2)).\(request.body)"
        let code = HMACSHA256.code(of: Array(text.utf8), key: Array(secret.utf8))
        let hex = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return parts[1].dropFirst(3) == hex
    }

    /// By `printf '1700000000.{}' | openssl dgst -sha256 -hmac key`.
    @Test func signsAsDocumented() {
        #expect(
            Webhook.signature(
                of: Array("{}".utf8), unixSeconds: 1_700_000_000, secret: Array("key".utf8))
                == "t=1700000000,v1=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
        )
    }

    @Test func doesNotRepeatWhatIsRefused() throws {
        let server = try ScriptedServer { _, _ in
            ScriptedServer.json("{}", status: "400 Bad Request")
        }
        defer { server.stop() }
        let metrics = MetricsRegistry(loopCount: 1)
        let sink = try Self.sink(server, metrics)
        for id in ["a", "b"] { sink.emit(.sample(id)) }
        sink.close(withinMilliseconds: 5000)
        #expect(server.requests.map { $0["Martlet-Event-Id"] } == ["a", "b"])
        #expect(server.requests.allSatisfy { $0["Martlet-Signature"] == nil })
        #expect(Self.count(metrics, "events_delivered_total", ["result": "failed"]) == 2)
        #expect(Self.count(metrics, "events_delivery_retries_total") == 0)
    }

    /// What is emitted does not wait for a receiver that is slow; the oldest of too many goes.
    @Test func dropsTheOldestOfTooMany() throws {
        let server = try ScriptedServer { _, count in
            if count == 0 { usleep(500_000) }
            return ScriptedServer.json("{}")
        }
        defer { server.stop() }
        let metrics = MetricsRegistry(loopCount: 1)
        let sink = try Self.sink(server, metrics, queueCountMax: 2)
        sink.emit(.sample("first"))
        #expect(server.waits(forRequests: 1))
        for id in ["a", "b", "c", "d"] { sink.emit(.sample(id)) }
        sink.close(withinMilliseconds: 5000)
        #expect(server.requests.map { $0["Martlet-Event-Id"] } == ["first", "c", "d"])
        #expect(Self.count(metrics, "events_dropped_total") == 2)
    }

    @Test func theEndDoesNotWaitForAReceiverThatIsGone() throws {
        let server = try ScriptedServer { _, _ in nil }
        server.stop()
        let sink = try Self.sink(server, MetricsRegistry(loopCount: 1))
        sink.emit(.sample())
        let start = MonotonicClock.nanoseconds()
        sink.close(withinMilliseconds: 200)
        #expect(MonotonicClock.nanoseconds() - start < 2_000_000_000)
        sink.emit(.sample("later"))
    }

    @Test func speaksToSlackAndAlertmanager() throws {
        let server = try ScriptedServer { _, _ in ScriptedServer.json("{}") }
        defer { server.stop() }
        for (format, path) in [(WebhookFormat.slack, "/services/T/B"), (.alertmanager, "")] {
            let sink = try Self.sink(
                server, MetricsRegistry(loopCount: 1), format: format, path: path)
            sink.emit(.sample())
            sink.close(withinMilliseconds: 5000)
        }
        let requests = server.requests
        try #require(requests.count == 2)
        #expect(requests[0].line == "POST /services/T/B")
        #expect(
            try JSONValue(parsing: requests[0].body) == [
                "text": .string(
                    "*[warning] drift of adult version 3*\nage &lt;moved&gt; &amp; \"more\"")
            ])
        #expect(requests[1].line == "POST /api/v2/alerts")
        #expect(
            try JSONValue(parsing: requests[1].body) == [
                [
                    "labels": [
                        "alertname": "MartletDrift", "severity": "warning", "model": "adult",
                        "version": "3", "feature": "age",
                    ],
                    "annotations": [
                        "summary": "age <moved> & \"more\"", "event_id": "drift/adult/3/age",
                        "detail": #"{"feature":"age","psi":0.31}"#,
                    ],
                    "startsAt": "2026-11-21T17:00:00.000Z",
                ]
            ])
    }

    /// Over TLS only a server with a certificate for its address is told anything.
    @Test func verifiesWhomItSpeaksTo() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let folder = CertificateFolder.shared
        fixture.way = .tls(certificatePath: nil, keyPath: nil)
        _ = try await fixture.serve([
            "--tls-certificate", folder.file("server.pem"), "--tls-key", folder.file("server.key"),
        ])
        func ask(_ host: String, _ authority: String?) throws(ExchangeError) -> Int {
            guard let url = HTTPURL("https://\(host):\(fixture.port)/livez") else { return 0 }
            let trust = TLSClientSession.Options(authorityPath: authority.map { folder.file($0) })
            return try HTTPExchange(url, trust: trust, timeoutMilliseconds: 5000).send("GET").status
        }
        #expect(try ask("127.0.0.1", "ca.pem") == 200)
        for (host, authority) in [
            ("127.0.0.1", "other-ca.pem"), ("localhost", "ca.pem"), ("127.0.0.1", nil),
        ] {
            let error = #expect(throws: ExchangeError.self) { try ask(host, authority) }
            guard case .untrusted = error else {
                Issue.record("\(host): \(String(describing: error))")
                continue
            }
        }
    }
}
