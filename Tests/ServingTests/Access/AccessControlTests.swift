// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP1
import Logging
import Registry
import Synchronization
import Telemetry
import Testing

@testable import Serving

/// The tokens file while a server runs, and what the log says of who is refused.
struct AccessControlTests {
    /// Lines of log as JSON texts.
    private final class Lines: Sendable {
        let texts = Mutex<[String]>([])
    }

    private struct Handler: LogHandler {
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info
        let lines: Lines

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let members = (event.metadata ?? [:]).map { "\($0)=\($1)" }.sorted()
            lines.texts.withLock {
                $0.append("\(event.message)|" + members.joined(separator: "|"))
            }
        }
    }

    private let path: String
    private let metrics = MetricsRegistry(loopCount: 1)
    private let lines = Lines()
    private let token = AccessToken()

    private var logger: Logger {
        Logger(label: "test") { [lines] _ in Handler(lines: lines) }
    }

    init() throws {
        var template = Array("/tmp/martlet-test-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        close(descriptor)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func write(_ text: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }

    private func scrape() -> String {
        var text: [UInt8] = []
        TextExposition.prometheus.append(metrics, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Asks the gate for a route of viewers, with the token.
    private func admit(_ gate: AccessGate, _ required: AccessRole = .viewer) throws -> Caller {
        var parser = HTTPRequestParser(limits: HTTPLimits())
        var bytes = Array(
            "GET /models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token.text)\r\n\r\n".utf8)
        var span = bytes.mutableSpan
        let isComplete = try parser.parse(&span)
        try #require(isComplete)
        let context = HTTPRequestContext(
            nanoseconds: 0, client: ClientAddress(ipv4: 0x0A00_0001), isInReserve: false)
        let request = parser.request
        return try gate.admit(required, request, bytes.span, context)
    }

    @Test func takesOverWhatChanges() throws {
        defer { unlink(path) }
        let line = "ci viewer sha256:\(token.digest)\n"
        try write(line)
        let control = try AccessControl(path: path, metrics: metrics, logger: logger)
        let gate = AccessGate(.roles(control))
        #expect(try admit(gate).actor == "ci")
        #expect(throws: AccessRefusal.self) { try admit(gate, .operator) }
        try write("ci operator sha256:\(token.digest)\n")
        control.poll()
        #expect(throws: AccessRefusal.self) { try admit(gate, .operator) }
        control.poll()
        #expect(try admit(gate, .operator).role == .operator)
        // Broken, then gone: the old table stays.
        try write("ci root sha256:\(token.digest)\n")
        for _ in 0..<3 { control.poll() }
        #expect(try admit(gate, .operator).role == .operator)
        unlink(path)
        for _ in 0..<3 { control.poll() }
        #expect(try admit(gate, .operator).role == .operator)
        #expect(scrape().contains("access_tokens_reloads_total{result=\"success\"} 1\n"))
        #expect(scrape().contains("access_tokens_reloads_total{result=\"failure\"} 2\n"))
        let said = lines.texts.withLock { $0 }
        #expect(said.count == 3)
        #expect(said[0].contains("tokens file loaded|audit=true|entries=1|"))
        #expect(said[1].contains("line 1: a role is one of viewer, predictor, operator, admin"))
        #expect(said[2].contains("No such file"))
        #expect(!said.joined().contains("\(token.digest)"))
        // Emptied, which is a table too: of nobody.
        try write("")
        for _ in 0..<2 { control.poll() }
        #expect(throws: AccessRefusal.unknown) { try admit(gate) }
    }

    @Test func doesNotBeginWithABadFile() throws {
        unlink(path)
        #expect(throws: AccessTableError.unreadable(reason: "No such file or directory")) {
            try AccessControl(path: path, metrics: metrics, logger: logger)
        }
    }

    /// A line ends with the moment that it names, on a gate that has let its owner in before.
    @Test func linesExpire() throws {
        defer { unlink(path) }
        try write("ci viewer sha256:\(token.digest) expires=2100-01-31\n")
        let control = try AccessControl(path: path, metrics: metrics, logger: logger)
        let end = try #require(Timestamp("2100-01-31T00:00:00.000Z"))
        let now = Clock()
        let gate = AccessGate(.roles(control)) {
            Timestamp(milliseconds: now.value.withLock { $0 })
        }
        now.value.withLock { $0 = end.milliseconds - 1 }
        #expect(try admit(gate).name == "ci")
        now.value.withLock { $0 = end.milliseconds }
        #expect(throws: AccessRefusal.expired(name: "ci")) { try admit(gate) }
        #expect(
            scrape().contains("access_next_expiry_timestamp_seconds \(end.milliseconds / 1000)"))
    }

    private final class Clock: Sendable {
        let value = Mutex(0)
    }

    @Test(
        arguments: [
            (AccessRules.open, AccessRole.allCases), (.readAndPredict, [.viewer, .predictor]),
        ])
    func withoutAFileTheAddressDecides(_ rules: AccessRules, _ allowed: [AccessRole]) throws {
        defer { unlink(path) }
        let gate = AccessGate(rules)
        for role in AccessRole.allCases {
            if allowed.contains(role) {
                #expect(try admit(gate, role).actor == "anonymous@10.0.0.1")
            } else {
                #expect(throws: AccessRefusal.self) { try admit(gate, role) }
            }
        }
    }

    @Test func refusalsAreWrittenDownButNoFlood() async throws {
        defer { unlink(path) }
        let audit = AccessAudit(metrics: metrics, logger: logger)
        let client = ClientAddress(ipv4: 0x0A00_0001)
        let caller = Caller(name: "ci", role: .viewer, client: client)
        for _ in 0..<500 {
            audit.record(
                .insufficient(caller), required: .admin, route: "/models", client: client,
                names: RequestNames(Array("r1".utf8), traceID: Identifier(high: 1, low: 2)),
                nanoseconds: 7)
        }
        #expect(
            scrape().contains("access_refused_total{reason=\"insufficient\",role=\"admin\"} 500\n"))
        let first = lines.texts.withLock { $0 }
        #expect(first.count == 10)
        #expect(
            first[0] == "access refused|actor=ci|audit=true|reason=insufficient|remote=10.0.0.1"
                + "|request_id=r1|required_role=admin|role=viewer|route=/models"
                + "|trace_id=00000000000000010000000000000002")
        for _ in 0..<500 where lines.texts.withLock({ $0.count }) == 10 {
            try await Task.sleep(for: .milliseconds(10))
        }
        let last = lines.texts.withLock { $0.last }
        #expect(last == "access refused, more often than is logged|audit=true|count=490")
    }
}
