// SPDX-License-Identifier: Apache-2.0
import Serving
import Telemetry
import Testing
import martlet

/// What is said to a collector, and read from its answers.
struct OTLPTests {
    @Test func theDocumentHoldsResourceScopeAndSpans() {
        let document = OTLPDocument(resource: [.init("service.name", "a\"b"), .init("x", 7)])
        var batch = SpanBatch()
        let context = SpanContext(root: Identifier(high: 1, low: 2))
        batch.append(SpanBatch.Span(context, .part, start: 1, end: 2), name: "a") { _ in }
        let spans = String(decoding: batch.bytes, as: UTF8.self)
        let text = String(decoding: document.body(of: batch), as: UTF8.self)
        #expect(
            text.hasPrefix(
                #"{"resourceSpans":[{"resource":{"attributes":["#
                    + #"{"key":"service.name","value":{"stringValue":"a\"b"}},"#
                    + #"{"key":"x","value":{"intValue":"7"}}]},"#
                    + #""scopeSpans":[{"scope":{"name":"martlet","version":""#))
        #expect(text.hasSuffix(#""},"spans":["# + spans + "]}]}]}"))
    }

    @Test(arguments: [
        ("", 0), ("{}", 0), ("not json", 0), (#"{"partialSuccess":{}}"#, 0),
        (#"{"partialSuccess":{"rejectedSpans":"12","errorMessage":"no"}}"#, 12),
        (#"{"partialSuccess":{"rejectedSpans":3}}"#, 3),
        (#"{"partialSuccess":{"rejectedSpans":"-3"}}"#, 0),
        (#"{"partialSuccess":{"rejectedSpans":"many"}}"#, 0),
    ])
    func readsHowManySpansWereRejected(_ body: String, _ count: Int) {
        #expect(OTLPDocument.rejectedCount(in: Array(body.utf8)) == count)
    }

    @Test(arguments: [
        ("a=b", "a", "b"), ("a=b=c", "a", "b=c"), ("k8s.pod.name= x", "k8s.pod.name", " x"),
    ])
    func readsAttributes(_ text: String, _ key: String, _ value: String) {
        #expect(OTLPDocument.Attribute(text) == .init(key, value))
    }

    @Test(arguments: ["", "a", "=b", "a=", "="])
    func refusesWhatIsNoAttribute(_ text: String) {
        #expect(OTLPDocument.Attribute(text) == nil)
    }

    @Test func readsHeaders() throws {
        let text = "# a comment\r\n\r\n Authorization:  Bearer a:b \r\nX-Key:1\n"
        let fields = try OTLPHeaders.parse(Array(text.utf8))
        #expect(fields.map(\.name) == ["Authorization", "X-Key"])
        #expect(fields.map(\.value) == ["Bearer a:b", "1"])
    }

    /// The reason names the line and shows nothing of its value.
    @Test(arguments: [
        ("no colon", 1), ("\n: secret", 2), ("a b: secret", 1), ("a:", 1), ("a: se\u{1}cret", 1),
        ("X: 1\nContent-Length: 5", 2), ("host: a", 1), ("a: s\u{e9}cret", 1),
    ])
    func refusesMalformedHeaders(_ text: String, _ line: Int) {
        let error = #expect(throws: OTLPHeaders.Malformed.self) {
            try OTLPHeaders.parse(Array(text.utf8))
        }
        #expect(error?.line == line)
        #expect(error?.reason.contains("cret") == false)
    }
}
