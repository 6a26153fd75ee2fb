// SPDX-License-Identifier: Apache-2.0
import JSON
import Serving
import Telemetry
import Testing

/// Spans as OTLP writes them, byte for byte.
struct SpanBatchTests {
    private static let trace = Identifier(
        high: 0x5B8E_FFF7_9803_8103, low: 0xD269_B633_813F_C60C)

    private func text(_ batch: SpanBatch) -> String {
        String(decoding: batch.bytes, as: UTF8.self)
    }

    @Test func writesEveryMember() {
        var batch = SpanBatch()
        let context = SpanContext(
            traceID: Self.trace, spanID: 0xEEE1_9B7E_C3C1_B174,
            parent: .remote(0xEEE1_9B7E_C3C1_B173))
        batch.append(
            SpanBatch.Span(
                context, .server, start: 1_544_712_660_000_000_000,
                end: 1_544_712_661_000_000_000, hasFailed: true),
            name: "POST", detail: "/predict", state: Array("a=1,b=2".utf8)
        ) { attributes in
            attributes.add("http.request.method", plain: "POST")
            attributes.add("http.response.status_code", 500)
            attributes.add("martlet.model.name", "a\"b\n")
            attributes.add("martlet.prediction_id", Self.trace)
            attributes.add("url.path", visible: Array("/x\"\\\u{1}é".utf8))
        }
        #expect(batch.count == 1)
        #expect(
            text(batch)
                == #"{"traceId":"5b8efff798038103d269b633813fc60c","#
                + #""spanId":"eee19b7ec3c1b174","parentSpanId":"eee19b7ec3c1b173","flags":769,"#
                + #""traceState":"a=1,b=2","name":"POST /predict","kind":2,"#
                + #""startTimeUnixNano":"1544712660000000000","#
                + #""endTimeUnixNano":"1544712661000000000","attributes":["#
                + #"{"key":"http.request.method","value":{"stringValue":"POST"}},"#
                + #"{"key":"http.response.status_code","value":{"intValue":"500"}},"#
                + #"{"key":"martlet.model.name","value":{"stringValue":"a\"b\n"}},"#
                + #"{"key":"martlet.prediction_id","value":{"stringValue":"5b8efff798038103d269b633813fc60c"}},"#
                + #"{"key":"url.path","value":{"stringValue":"/x\"\\???"}}],"#
                + #""status":{"code":2}}"#)
    }

    /// No member for what is not there; several spans are elements of one array.
    @Test func writesRootsAndParts() throws {
        var batch = SpanBatch()
        let root = SpanContext(root: Self.trace)
        batch.append(SpanBatch.Span(root, .part, start: 5, end: 3), name: "a") { _ in }
        batch.append(SpanBatch.Span(root.child(0), .client, start: -1, end: 9), name: "b") { _ in }
        var other = SpanBatch()
        other.append(batch)
        #expect(other.count == 2)
        other.append(batch)
        #expect(other.count == 4)
        #expect(
            text(batch).hasPrefix(
                #"{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"d269b633813fc60c","#
                    + #""flags":257,"name":"a","kind":1,"startTimeUnixNano":"5","#
                    + #""endTimeUnixNano":"5","attributes":[],"status":{}},{"#))
        let spans = try #require(JSONValue(parsing: "[\(text(other))]").array)
        #expect(spans.count == 4)
        #expect(spans[3]["kind"] == 3)
        #expect(spans[3]["flags"] == 257)
        #expect(spans[3]["parentSpanId"]?.string == "d269b633813fc60c")
        #expect(spans[3]["startTimeUnixNano"]?.string == "0")
        batch.removeAll()
        #expect(batch.count == 0 && batch.bytes.isEmpty)
    }

    @Test func theBufferIsBoundedAndCountsWhatItDrops() {
        let metrics = MetricsRegistry(loopCount: 1)
        var batch = SpanBatch()
        for _ in 0..<3 {
            batch.append(
                SpanBatch.Span(SpanContext(root: Self.trace), .part, start: 1, end: 2), name: "a"
            ) { _ in }
        }
        let buffer = SpanBuffer(byteCountMax: batch.bytes.count * 2 + 2, metrics: metrics)
        for _ in 0..<5 { buffer.append(batch) }
        let dropped = metrics.counter(
            "trace_spans_dropped_total", "", ["reason": "buffer_full"])
        #expect(dropped.total == 9)
        #expect(buffer.take().count == 6)
        #expect(buffer.take().count == 0)
        buffer.append(batch)
        #expect(buffer.take().count == 3)
        #expect(dropped.total == 9)
    }
}
