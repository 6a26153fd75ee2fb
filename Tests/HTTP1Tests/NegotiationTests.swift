// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

struct NegotiationTests {
    /// Parses a request with these fields and asks about it.
    private func ask<Answer>(
        _ fields: String, _ question: (HTTPRequest, Span<UInt8>) -> Answer
    ) throws -> Answer {
        var parser = HTTPRequestParser(limits: HTTPLimits())
        var bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n".utf8)
        var span = bytes.mutableSpan
        let isComplete = try parser.parse(&span)
        try #require(isComplete)
        return question(parser.request, bytes.span)
    }

    @Test(arguments: [
        (nil, AcceptedCoding.identity), ("gzip", .gzip), ("GZIP", .gzip), ("x-gzip", .gzip),
        ("gzip, deflate, br", .gzip), ("gzip;q=0", .identity), ("gzip;q=0.000", .identity),
        ("gzip;q=0.001", .gzip), ("gzip;q=1.000", .gzip), ("gzip ; q=0.5", .gzip),
        ("gzip;Q=0.5", .gzip), ("*", .gzip), ("*;q=0.1", .gzip), ("br", .identity),
        ("", .identity), (",,", .identity), ("gzip;q=0.5, identity", .identity),
        ("gzip;q=0.5, identity;q=0.5", .gzip), ("gzip, identity;q=0.5", .gzip),
        ("identity;q=0", .none), ("*;q=0", .none), ("identity;q=0, br", .none),
        ("*;q=0, identity", .identity), ("*;q=0, gzip", .gzipOnly), ("gzip, *;q=0", .gzipOnly),
        ("gzip, identity;q=0", .gzipOnly), ("identity;q=0, *", .gzipOnly),
        // Malformed lists say nothing.
        ("gzip;q=1.001", .identity), ("gzip;q=2", .identity), ("gzip;q=", .identity),
        ("gzip;q=0.0001", .identity), ("gzip;q=.5", .identity), ("gzip;q=-1", .identity),
        ("gzip;q=1,identity;q=0;q=x", .gzipOnly), ("identity;q=0, gzip;q=nan", .identity),
        ("gzip;q=0x1", .identity), (";q=1", .identity),
    ])
    func choosesACoding(_ value: String?, _ expected: AcceptedCoding) throws {
        let fields = value.map { "Accept-Encoding: \($0)\r\n" } ?? ""
        #expect(try ask(fields) { AcceptedCoding($0, in: $1) } == expected)
    }

    @Test func aRepeatedListSaysNothing() throws {
        let fields = "Accept-Encoding: gzip\r\nAccept-Encoding: identity;q=0\r\n"
        #expect(try ask(fields) { AcceptedCoding($0, in: $1) } == .identity)
    }

    @Test(arguments: [
        (nil, ContentCoding.identity), ("identity", .identity), ("gzip", .gzip),
        ("X-Gzip", .gzip), ("gzip, gzip", .unsupported), ("br", .unsupported),
        ("deflate", .unsupported), ("", .unsupported), ("gzip,", .unsupported),
        ("gzip;q=1", .unsupported),
    ])
    func knowsTheBodysCoding(_ value: String?, _ expected: ContentCoding) throws {
        let fields = value.map { "Content-Encoding: \($0)\r\n" } ?? ""
        #expect(try ask(fields) { ContentCoding($0, in: $1) } == expected)
    }

    @Test(arguments: [
        ("application/json", true), ("APPLICATION/JSON", true), ("*/*", true),
        ("application/*", true), ("text/html, */*;q=0.1", true), ("application/json;q=0", false),
        ("application/json;q=0, */*", false), ("*/*;q=0", false), ("text/html", false),
        ("text/*", false), ("", false), ("application/json;charset=utf-8", true),
        ("application/*;q=0, */*", false), ("application/jsonx", false), ("json", false),
        ("text/html;q=9", true), ("application/json;q=0, application/json", true),
    ])
    func knowsWhetherJSONIsAccepted(_ value: String, _ expected: Bool) {
        let bytes = Array(value.utf8)
        let span = bytes.span
        #expect(MediaType.accepts("application", "json", 0..<bytes.count, in: span) == expected)
    }

    @Test(arguments: [
        ("", RequestTimeout.unlimited), ("X-Request-Timeout-Ms: 250\r\n", .milliseconds(250)),
        ("Request-Timeout: 2\r\n", .milliseconds(2000)),
        ("Request-Timeout: 2\r\nX-Request-Timeout-Ms: 7\r\n", .milliseconds(7)),
        ("X-Request-Timeout-Ms: +5\r\n", .malformed), ("X-Request-Timeout-Ms: \r\n", .malformed),
        ("X-Request-Timeout-Ms: 1.5\r\n", .malformed), ("Request-Timeout: 1s\r\n", .malformed),
        ("X-Request-Timeout-Ms: 1234567890\r\n", .malformed),
        ("X-Request-Timeout-Ms: 0\r\n", .milliseconds(0)),
    ])
    func readsHowLongTheClientWaits(_ fields: String, _ expected: RequestTimeout) throws {
        #expect(try ask(fields) { RequestTimeout($0, in: $1) } == expected)
    }
}
