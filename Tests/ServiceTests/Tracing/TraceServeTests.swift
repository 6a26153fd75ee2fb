// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP1
import JSON
import TLSTesting
import Testing
import Zlib
import martlet

/// The built server and a collector of spans over loopback.
@Suite(.serialized)
struct TraceServeTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let parent = "b7ad6b7169203331"

    struct Span {
        let json: JSONValue
        var name: String { json["name"]?.string ?? "" }
        var id: String { json["spanId"]?.string ?? "" }
        var parent: String? { json["parentSpanId"]?.string }
        var trace: String { json["traceId"]?.string ?? "" }
    }

    private func collector(
        _ answer: @escaping @Sendable (Int) -> String? = { _ in ScriptedServer.json("{}") }
    ) throws -> ScriptedServer {
        try ScriptedServer { _, count in answer(count) }
    }

    private func documents(_ collector: ScriptedServer) throws -> [JSONValue] {
        try collector.requests.map { request in
            #expect(request["Content-Type"] == "application/json")
            let isCoded = request["Content-Encoding"] == "gzip"
            let bytes = isCoded ? try Gzip.decompress(request.bytes) : request.bytes
            return try JSONValue(parsing: bytes.span)
        }
    }

    private func spans(_ collector: ScriptedServer) throws -> [Span] {
        try documents(collector).flatMap { document in
            let scopes = document["resourceSpans"]?.array?.first?["scopeSpans"]?.array
            return scopes?.first?["spans"]?.array?.map(Span.init) ?? []
        }
    }

    /// Waits, for up to ten seconds, for spans that fulfil a condition.
    private func waits(
        _ collector: ScriptedServer, for isThere: ([Span]) -> Bool
    ) throws -> [Span] {
        for _ in 0..<500 * Sanitizer.patience {
            let found = try spans(collector)
            if isThere(found) { return found }
            usleep(20_000)
        }
        return try spans(collector)
    }

    private func predict(
        _ fixture: ServiceFixture, flags: String? = "01", body: String = ServiceFixture.body
    ) throws -> String {
        let field = flags.map { "traceparent: 00-\(Self.trace)-\(Self.parent)-\($0)\r\n" } ?? ""
        return try fixture.exchange(
            ServiceFixture.predict(body: body)
                .replacing("Host: a\r\n", with: "Host: a\r\n\(field)"))
    }

    private func metric(_ fixture: ServiceFixture, _ name: String) throws -> Int? {
        try fixture.get("/metrics").split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .flatMap { Int($0.dropFirst(name.count + 1)) }
    }

    private func waits(
        _ fixture: ServiceFixture, forMetric name: String, atLeast count: Int
    ) throws -> Int {
        for _ in 0..<500 * Sanitizer.patience {
            if let value = try metric(fixture, name), value >= count { return value }
            usleep(20_000)
        }
        return try metric(fixture, name) ?? -1
    }

    @Test func tellsTheCollectorWhatAPredictionWas() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let collector = try collector()
        defer { collector.stop() }
        let key = try fixture.write(Array("# of mine\nX-Key: secret\n".utf8), "headers")
        let process = try await fixture.serve([
            "--otlp-endpoint", "http://\(collector.address)", "--access-log-share", "1",
            "--otlp-headers-file", key, "--trace-share", "0",
            "--trace-resource-attribute", "k8s.pod.name=a",
        ])
        // One that its caller traces, one that he does not, one that nobody has decided about.
        #expect(try predict(fixture).hasPrefix("HTTP/1.1 200"))
        #expect(try predict(fixture, flags: "00").hasPrefix("HTTP/1.1 200"))
        #expect(try predict(fixture, flags: nil).hasPrefix("HTTP/1.1 200"))
        // A long body is read and predicted off the loop.
        let row = ServiceFixture.body.dropFirst(12).dropLast()
        let rows = Array(repeating: row, count: 3000).joined(separator: ",")
        #expect(
            try predict(fixture, body: #"{"instances":[\#(rows)]}"#).hasPrefix("HTTP/1.1 200"))
        let spans = try waits(collector) { $0.count { $0.name != "registry reload" } >= 5 }
        let servers = spans.filter { $0.name == "POST /predict" }
        #expect(servers.count == 2)
        #expect(servers.allSatisfy { $0.trace == Self.trace && $0.parent == Self.parent })
        let parts = servers.map { server in
            spans.filter { $0.parent == server.id }.map(\.name).sorted()
        }
        #expect(parts == [["model"], ["model", "queue"]])
        let reload = try #require(spans.first { $0.name == "registry reload" })
        #expect(reload.parent == nil && reload.trace != Self.trace)
        let request = try #require(collector.requests.first)
        #expect(request.line == "POST /v1/traces")
        #expect(request["X-Key"] == "secret")
        let resource = try #require(
            documents(collector).first?["resourceSpans"]?.array?.first?["resource"]?["attributes"])
        #expect(
            resource.text.contains(#"{"key":"service.name","value":{"stringValue":"martlet"}}"#))
        #expect(resource.text.contains(#"{"key":"k8s.pod.name","value":{"stringValue":"a"}}"#))
        // The log names the spans that were exported, and says so of no others.
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
        let lines = fixture.log.split(separator: "\n").filter { $0.contains("\"/predict\"") }
            .compactMap { try? JSONValue(parsing: String($0)) }
        #expect(lines.count == 4)
        let sampled = lines.filter { $0["trace_flags"]?.string == "01" }
        #expect(Set(sampled.compactMap { $0["span_id"]?.string }) == Set(servers.map(\.id)))
        #expect(lines.count { $0["trace_flags"] == nil } == 2)
    }

    /// A collector that is busy, and asks to be left alone, gets the same spans later, once.
    @Test func triesAgainAfterTheTimeThatTheCollectorAsksFor() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let collector = try collector { count in
            count == 0
                ? "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n"
                : ScriptedServer.json(#"{"partialSuccess":{"rejectedSpans":"1"}}"#)
        }
        defer { collector.stop() }
        let start = MonotonicSeconds.now
        let process = try await fixture.serve([
            "--otlp-endpoint", "http://\(collector.address)/other/path",
        ])
        #expect(collector.waits(forRequests: 2))
        // A second until spans are taken to the collector, and the two that it asks for.
        #expect(MonotonicSeconds.now - start >= 2.9)
        let requests = collector.requests
        #expect(requests[0].bytes == requests[1].bytes)
        #expect(requests[1].line == "POST /other/path")
        #expect(try metric(fixture, "trace_export_failures_total") == 1)
        let rejected = #"trace_spans_dropped_total{reason="rejected"}"#
        #expect(try waits(fixture, forMetric: rejected, atLeast: 1) == 1)
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
        #expect(fixture.log.contains("spans are exported again"))
    }

    /// Nobody listens, then somebody who never answers: what is served does not notice.
    @Test func servesOnWithoutACollector() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let silent = try ScriptedServer { _, _ in
            usleep(3_000_000)
            return nil
        }
        defer { silent.stop() }
        for endpoint in ["127.0.0.1:1", silent.address] {
            let process = try await fixture.serve([
                "--otlp-endpoint", "http://\(endpoint)", "--otlp-timeout-seconds", "1",
                "--traces-per-second-max", "100000", "--drain-deadline-seconds", "1",
            ])
            let client = try #require(KeepAlive(port: UInt16(fixture.port)))
            let request = Array(
                ServiceFixture.predict(close: false).replacing(
                    "Host: a\r\n",
                    with: "Host: a\r\ntraceparent: 00-\(Self.trace)-\(Self.parent)-01\r\n"
                ).utf8)
            let length = try #require(client.exchange(request)).count
            let batch = Array(repeatElement(request, count: 100).joined())
            // More spans than the buffer has room for before the exporter's next turn.
            for _ in 0..<60 {
                #expect(client.exchange(batch, byteCount: length * 100)?.count == length * 100)
            }
            let full = #"trace_spans_dropped_total{reason="buffer_full"}"#
            #expect(try waits(fixture, forMetric: full, atLeast: 1) > 0)
            #expect(try waits(fixture, forMetric: "trace_export_failures_total", atLeast: 1) >= 1)
            #expect(try metric(fixture, "trace_spans_exported_total") == 0)
            #expect(try predict(fixture).hasPrefix("HTTP/1.1 200"))
            process.signal(SIGTERM)
            #expect(process.wait() == 0)
            #expect(fixture.log.contains("spans not exported before the end"))
        }
    }

    /// What waits at the end is exported before it.
    @Test func exportsTheLastSpans() async throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let collector = try collector()
        defer { collector.stop() }
        let process = try await fixture.serve([
            "--otlp-endpoint", "http://\(collector.address)", "--trace-share", "1",
        ])
        for _ in 0..<20 { _ = try predict(fixture, flags: nil) }
        process.signal(SIGTERM)
        #expect(process.wait() == 0)
        #expect(try spans(collector).count { $0.name == "POST /predict" } == 20)
    }

    @Test(arguments: [
        (["--otlp-ca", "x"], "otlp-ca needs otlp-endpoint"),
        (["--otlp-endpoint", "http://a", "--otlp-ca", "x"], "otlp-ca needs an otlp-endpoint of"),
        (["--otlp-endpoint", "http://a", "--otlp-headers-file", "/nowhere"], "/nowhere: No such"),
        (
            ["--otlp-endpoint", "http://a", "--trace-resource-attribute", "a"],
            "trace-resource-attribute: 'a' is not key=value"
        ),
        (
            [
                "--otlp-endpoint", "http://a", "--trace-resource-attribute", "a=1",
                "--trace-resource-attribute", "a=2",
            ], "trace-resource-attribute: 'a' comes twice"
        ),
    ])
    func refusesToStartWithWhatItCannotUse(_ flags: [String], _ reason: String) throws {
        let fixture = try ServiceFixture()
        try fixture.publish(intercept: 1)
        let (code, output) = try fixture.run(["serve"] + flags)
        #expect(code != 0)
        #expect(output.contains(reason), "\(output)")
    }
}

/// Seconds of the monotonic clock.
private enum MonotonicSeconds {
    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
