// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON
import Serving
import Telemetry
import Testing

/// The spans that requests leave, without a socket.
struct TracingTests {
    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    private static let rows =
        #"{"instances":[\#(Array(repeating: #"[50,"Bern"]"#, count: 20_000).joined(separator: ","))]}"#

    /// A service that traces, and where its spans wait.
    private final class Subject {
        let fixture: ServingFixture
        private let buffer: SpanBuffer

        init(share: Double = 0, ratePerSecond: Double = 1000) throws {
            var made: SpanBuffer?
            fixture = try ServingFixture.serving { context in
                let buffer = SpanBuffer(metrics: context.metrics)
                context.tracing = TraceRules(
                    buffer: buffer, share: share, ratePerSecond: ratePerSecond, isSecure: true)
                made = buffer
            }
            buffer = try #require(made)
        }

        func takeSpans() throws -> [TracingTests.Span] {
            fixture.service.endTurn()
            let text = String(decoding: buffer.take().bytes, as: UTF8.self)
            return try JSONValue(parsing: "[\(text)]").array?.map(Span.init) ?? []
        }

        func dropped(_ reason: String) -> Int {
            fixture.metrics.counter("trace_spans_dropped_total", "", ["reason": reason]).total
        }
    }

    struct Span {
        let json: JSONValue
        var name: String { json["name"]?.string ?? "" }
        var id: String { json["spanId"]?.string ?? "" }
        var parent: String? { json["parentSpanId"]?.string }
        var trace: String { json["traceId"]?.string ?? "" }
        var start: Int { json["startTimeUnixNano"]?.string.flatMap { Int($0) } ?? 0 }
        var end: Int { json["endTimeUnixNano"]?.string.flatMap { Int($0) } ?? 0 }

        init(_ json: JSONValue) { self.json = json }

        subscript(_ key: String) -> String? {
            let attribute = json["attributes"]?.array?.first { $0["key"]?.string == key }
            return attribute?["value"]?["stringValue"]?.string
                ?? attribute?["value"]?["intValue"]?.string
        }

        func isWithin(_ other: Span) -> Bool { start >= other.start && end <= other.end }
    }

    @Test func aSampledParentHasAServerSpanWithItsModelBelow() throws {
        let subject = try Subject()
        let now = MonotonicClock.nanoseconds()
        let answer = try subject.fixture.send(
            ServingFixture.post(
                "traceparent: \(Self.parent)\r\ntracestate: a=1\r\ntracestate: b=\"2\r\n"
                    + "X-Request-Id: mine\r\n"), at: now)
        #expect(answer.status == 200)
        let spans = try subject.takeSpans()
        #expect(spans.map(\.name) == ["model", "POST /predict"])
        let (model, server) = (spans[0], spans[1])
        #expect(spans.allSatisfy { $0.trace == "0af7651916cd43dd8448eb211c80319c" })
        #expect(server.parent == "b7ad6b7169203331")
        #expect(server.json["kind"] == 2 && model.json["kind"] == 1)
        #expect(server.json["flags"] == 769 && model.json["flags"] == 257)
        #expect(server.json["traceState"]?.string == #"a=1,b="2"#)
        #expect(server["http.request.method"] == "POST")
        #expect(server["http.route"] == "/predict")
        #expect(server["url.path"] == "/predict")
        #expect(server["url.scheme"] == "https")
        #expect(server["http.response.status_code"] == "200")
        #expect(server["network.protocol.version"] == "1.1")
        #expect(server["martlet.request_id"] == "mine")
        #expect(model.parent == server.id)
        #expect(model["martlet.model.name"] == "m")
        #expect(model["martlet.model.version"] == "1")
        #expect(model["martlet.row_count"] == "1")
        let id = try #require(answer.json["prediction_id"]?.string)
        #expect(model["martlet.prediction_id"] == id)
        // The span's id is the one that the access log shows.
        #expect(server.id == id.suffix(16))
        #expect(model.isWithin(server))
    }

    /// None of these is recorded: the caller's decision, or no reason to begin a trace.
    @Test(arguments: [
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\r\n", "",
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01\r\n",
        "traceparent: \(parent)\r\ntraceparent: \(parent)\r\n",
    ])
    func recordsNothingUnasked(_ fields: String) throws {
        let subject = try Subject()
        #expect(try subject.fixture.send(ServingFixture.post(fields)).status == 200)
        #expect(try subject.takeSpans().isEmpty)
    }

    /// What is no trace's parent begins a new one, without what came of the old.
    @Test(arguments: [
        "", "traceparent: 00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01\r\n",
        "traceparent: \(parent)\r\ntraceparent: \(parent)\r\n",
    ])
    func beginsATrace(_ fields: String) throws {
        let subject = try Subject(share: 1)
        let answer = try subject.fixture.send(
            ServingFixture.post(fields + "tracestate: a=1\r\n"))
        let server = try #require(try subject.takeSpans().last)
        #expect(server.parent == nil)
        #expect(server.trace == answer.json["prediction_id"]?.string)
        #expect(server.json["traceState"] == nil)
        // Neither probes nor scrapes nor looks begin one.
        for path in ["/healthz", "/metrics", "/models"] { _ = try subject.fixture.get(path) }
        #expect(try subject.takeSpans().isEmpty)
    }

    @Test func aDeferredPredictionHasItsQueueAndModel() throws {
        let subject = try Subject()
        let answer = try subject.fixture.send(
            ServingFixture.post(Array(Self.rows.utf8), "traceparent: \(Self.parent)\r\n"),
            at: MonotonicClock.nanoseconds())
        #expect(answer.status == 200)
        let spans = try subject.takeSpans()
        #expect(Set(spans.map(\.name)) == ["queue", "model", "POST /predict"])
        #expect(spans.count == 3)
        let server = try #require(spans.first { $0.name == "POST /predict" })
        let queue = try #require(spans.first { $0.name == "queue" })
        let model = try #require(spans.first { $0.name == "model" })
        #expect(queue.parent == server.id && model.parent == server.id)
        #expect(queue.isWithin(server) && model.isWithin(server))
        #expect(queue.end <= model.start)
        #expect(model["martlet.row_count"] == "20000")
        #expect(Set(spans.map(\.id)).count == 3)
    }

    /// Work that is explained is deferred once more: it has waited once, and is one request.
    @Test func workThatIsDeferredTwiceIsOneRequest() throws {
        let subject = try Subject()
        let body = String(Self.rows.dropLast()) + #","explain":true}"#
        let answer = try subject.fixture.send(
            ServingFixture.post(Array(body.utf8), "traceparent: \(Self.parent)\r\n"),
            at: MonotonicClock.nanoseconds())
        #expect(answer.status == 200)
        #expect(
            try subject.takeSpans().map(\.name).sorted() == ["POST /predict", "model", "queue"])
    }

    @Test(arguments: [
        (HTTPWork.Refusal.overloaded(retryAfterSeconds: 1), 429, ["POST /predict"], false),
        (.expired, 504, ["queue", "POST /predict"], true),
    ])
    func refusedWorkHasItsSpan(
        _ refusal: HTTPWork.Refusal, status: Int, names: [String], hasFailed: Bool
    ) throws {
        let subject = try Subject()
        let answer = try subject.fixture.send(
            ServingFixture.post(Array(Self.rows.utf8), "traceparent: \(Self.parent)\r\n"),
            refusal: refusal)
        #expect(answer.status == status)
        let spans = try subject.takeSpans()
        #expect(spans.map(\.name) == names)
        let server = try #require(spans.last)
        #expect(server["http.response.status_code"] == "\(status)")
        #expect((server.json["status"]?["code"] == 2) == hasFailed)
        #expect(server["error.type"] == (hasFailed ? "\(status)" : nil))
    }

    /// A client's mistake is no fault of the server; a path that is no route is no name of a span.
    @Test func problemsHaveSpans() throws {
        let subject = try Subject()
        let answer = try subject.fixture.send(
            ServingFixture.post(
                Array("{}".utf8), "traceparent: \(Self.parent)\r\n", path: "/secret%20place"))
        #expect(answer.status == 404)
        let server = try #require(try subject.takeSpans().first)
        #expect(server.name == "POST")
        #expect(server["http.route"] == nil)
        #expect(server["url.path"] == "/secret%20place")
        #expect(server.json["status"]?["code"] == nil)
    }

    @Test func theRateHoldsForAllAndIsCounted() throws {
        let subject = try Subject(share: 1, ratePerSecond: 2)
        for _ in 0..<5 { _ = try subject.fixture.send(ServingFixture.post("")) }
        #expect(try subject.takeSpans().count { $0.name == "POST /predict" } == 2)
        #expect(subject.dropped("rate_limited") == 3)
    }

    /// White space may stand between members, and empty lines among others.
    @Test(arguments: [
        ("a=1,\tb=2", "a=1, b=2"), ("a=1\r\ntracestate:\r\ntracestate: b=2", "a=1,b=2"),
    ])
    func aStateIsPassedOnFromAllItsLines(_ state: String, _ expected: String) throws {
        let subject = try Subject()
        _ = try subject.fixture.send(
            ServingFixture.post("traceparent: \(Self.parent)\r\ntracestate: \(state)\r\n"))
        let server = try #require(try subject.takeSpans().last)
        #expect(server.json["traceState"]?.string == expected)
    }

    /// A state that is too long, or of too many members, is not passed on; the trace is.
    @Test(arguments: [
        String(repeating: "a", count: 600),
        (0..<33).map { "k\($0)=1" }.joined(separator: ","),
    ])
    func aStateBeyondItsBoundsIsDropped(_ state: String) throws {
        let subject = try Subject()
        _ = try subject.fixture.send(
            ServingFixture.post("traceparent: \(Self.parent)\r\ntracestate: \(state)\r\n"))
        let server = try #require(try subject.takeSpans().last)
        #expect(server.json["traceState"] == nil)
        #expect(server.parent == "b7ad6b7169203331")
    }
}
