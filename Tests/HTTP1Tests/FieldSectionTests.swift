// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

/// Line ends, field lines, Host and the section's limits (RFC 9112 sections 2.2, 3.2 and 5).
struct FieldSectionTests {
    static let lineEnds: [MessageVector] = [
        .fields("A: b", .get),
        MessageVector("GET / HTTP/1.1\nHost: a\r\n\r\n", .refused(.bareLineFeed)),
        MessageVector("GET / HTTP/1.1\r\nHost: a\n\r\n", .refused(.bareLineFeed)),
        MessageVector("GET / HTTP/1.1\r\nHost: a\r\n\n", .refused(.bareLineFeed)),
        MessageVector("GET / HTTP/1.1\n\n", .refused(.bareLineFeed)),
        MessageVector("GET / HTTP/1.1\rHost: a\r\n\r\n", .refused(.bareCarriageReturn)),
        MessageVector("GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.bareCarriageReturn)),
        MessageVector("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", .refused(.bareCarriageReturn)),
        .fields("A: b\rC: d", .refused(.bareCarriageReturn)),
        .fields("A: b\nC: d", .refused(.bareLineFeed)),
        .fields("A: \rb", .refused(.bareCarriageReturn)),
        .fields("A\r: b", .refused(.bareCarriageReturn)),
        MessageVector("GET / HTTP/1.1\r\nHost: a\r\n\rX", .refused(.bareCarriageReturn)),
        MessageVector("GET / HTTP/1.1\r\nHost: a\r\n\r\r\n", .refused(.bareCarriageReturn)),
        MessageVector("GET / HTTP/1.1\r\nHost: a\r\n", .incomplete),
        MessageVector("GET / HTTP/1.1\r\nHost: a\r\n\r", .incomplete),
    ]

    static let folding: [MessageVector] = [
        .fields("A: b\r\n c", .refused(.lineFolding)),
        .fields("A: b\r\n\tc", .refused(.lineFolding)),
        .fields("A: b\r\n ", .refused(.lineFolding)),
        .fields("A:\r\n b", .refused(.lineFolding)),
        MessageVector("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .refused(.lineFolding)),
        MessageVector("GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n", .refused(.lineFolding)),
        MessageVector("GET / HTTP/1.1\r\n\t\r\nHost: a\r\n\r\n", .refused(.lineFolding)),
    ]

    static let names: [MessageVector] = [
        .fields("!#$%&'*+-.^_`|~09azAZ: b", .get), .fields("A:b", .get), .fields("A:", .get),
        .fields(": b", .refused(.malformedFieldName)), .fields("A", .refused(.malformedFieldName)),
        .fields("A b: c", .refused(.malformedFieldName)),
        .fields("A : b", .refused(.malformedFieldName)),
        .fields("A\t: b", .refused(.malformedFieldName)),
        .fields("Content-Length : 5", .refused(.malformedFieldName)),
        .fields("Transfer-Encoding\u{B}: chunked", .refused(.malformedFieldName)),
        .fields("[A]: b", .refused(.malformedFieldName)),
        .fields("A\u{E9}: b", .refused(.malformedFieldName)),
        .fields("\u{0}A: b", .refused(.malformedFieldName)),
        .fields("GET /x HTTP/1.1", .refused(.malformedFieldName)),
        // An underscore is no hyphen: these are fields that nobody reads.
        .post("Content_Length: 5", "GET / HT", .post),
        .post("Transfer_Encoding: chunked", "0\r\n\r\n", .post),
    ]

    static let values: [MessageVector] = [
        .fields("A: \t b\tc \t", .get), .fields("A: \u{80}\u{A0}\u{FF}", .get),
        .fields("A: b\u{0}", .refused(.malformedFieldValue)),
        .fields("A: \u{B}b", .refused(.malformedFieldValue)),
        .fields("A: b\u{C}", .refused(.malformedFieldValue)),
        .fields("A: b\u{7F}", .refused(.malformedFieldValue)),
        .fields("A: 12345678\u{1}", .refused(.malformedFieldValue)),
        .fields("A: 1234567\u{8}9", .refused(.malformedFieldValue)),
        .fields("A: \t234567\u{1B}9", .refused(.malformedFieldValue)),
        // Only SP and HTAB are white space; what others trim stays, and is no digit.
        .post("Content-Length: 1\u{85}", "a", .refused(.malformedContentLength)),
        .post("Content-Length: \u{A0}1", "a", .refused(.malformedContentLength)),
        .post("Content-Length: 1\u{B}", "a", .refused(.malformedFieldValue)),
        .post("Content-Length: \u{C}1", "a", .refused(.malformedFieldValue)),
        .post("Content-Length:\t 1 \t", "a", .post("a")),
        .post("Transfer-Encoding: chunked\u{A0}", "", .refused(.malformedTransferEncoding)),
    ]

    static let hosts: [MessageVector] = {
        let good = [
            "a", "a.b-c:8080", "127.0.0.1", "a:", "a:0", "a:65535", "[::]", "[::1]:80",
            "[1:2:3:4:5:6:7:8]", "[1::8]", "[1::]", "[::ffff:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]",
            "a..b", "A_b~c", "!$&'()*+;=", "[::1]:",
        ]
        let bad = [
            "", ":80", "a b", "a:99999", "a:65536", "a:+80", "a:080808", "a:8x", "a:80:80", "a,b",
            "a, a", "u@a", "u:p@a", "a/b", "/", "http://a", "a?b", "a#b", "a\\b", "%61", "a\u{E9}",
            "[]", "[::1", "::1", "[::1]x", "[1:2:3:4:5:6:7:8:9]", "[1:2:3:4:5:6:7]", "[:1]",
            "[1:]", "[1:::2]", "[1::2::3]", "[1:2:3:4:5:6:7::8]", "[12345::]", "[::1.2.3]",
            "[::1.2.3.256]", "[::1.2.3.04]", "[::1.2.3.4.5]", "[1.2.3.4]", "[::g]",
            "[fe80::1%25eth0]", "[v1.a]",
        ]
        return good.map { .host($0, .get) }
            + bad.map { .host($0, .refused(.malformedHost)) }
    }()

    static let hostCounts: [MessageVector] = [
        MessageVector("GET / HTTP/1.1\r\n\r\n", .refused(.missingHost)),
        MessageVector("GET / HTTP/1.1\r\nHosts: a\r\n\r\n", .refused(.missingHost)),
        MessageVector("GET / HTTP/1.0\r\n\r\n", .get),
        MessageVector("GET / HTTP/1.0\r\nHost: a b\r\n\r\n", .refused(.malformedHost)),
        .fields("Host: a", .refused(.duplicateHost)), .fields("host: b", .refused(.duplicateHost)),
        .fields("HOST:", .refused(.duplicateHost)),
        MessageVector("GET / HTTP/1.1\r\nHost:\r\nHost: a\r\n\r\n", .refused(.duplicateHost)),
    ]

    static let duplicates: [MessageVector] =
        [
            "Content-Type: a/b\r\nContent-Type: a/b", "Authorization: a\r\nAuthorization: b",
            "Content-Encoding: gzip\r\nContent-Encoding: gzip",
            "Content-Type:\r\nContent-Type: a/b", "Expect: 100-continue\r\nExpect: 100-continue",
            "Request-Timeout: 1\r\nRequest-Timeout: 2",
            "X-Request-Timeout-Ms: 1\r\nX-Request-Timeout-Ms: 1",
        ].map { .fields($0, .refused(.duplicateField)) }
        + [.fields("A: b\r\nA: b", .get), .fields("Cookie: a\r\nCookie: b", .get)]

    static let vectors = lineEnds + folding + names + values + hosts + hostCounts + duplicates

    @Test(arguments: lineEnds)
    func endsLinesByCRLFOnly(_ vector: MessageVector) { vector.check() }

    @Test(arguments: folding) func refusesFolding(_ vector: MessageVector) { vector.check() }

    @Test(arguments: names) func judgesNames(_ vector: MessageVector) { vector.check() }

    @Test(arguments: values) func judgesValues(_ vector: MessageVector) { vector.check() }

    @Test(arguments: hosts) func judgesHosts(_ vector: MessageVector) { vector.check() }

    @Test(arguments: hostCounts) func wantsOneHost(_ vector: MessageVector) { vector.check() }

    @Test(arguments: duplicates)
    func refusesDuplicateSingletons(_ vector: MessageVector) { vector.check() }

    /// Of two trace parents or request ids neither is believed.
    @Test(arguments: [HTTPField.traceparent, .xRequestID])
    func believesNeitherOfTwo(_ field: HTTPField) {
        let message = "GET / HTTP/1.1\r\nHost: a\r\n\(field.name): b\r\n\(field.name): c\r\n\r\n"
        let reading = Reading(Array(message.utf8))
        #expect(reading.verdict == .get)
        #expect(reading.fields[field] == nil)
    }

    @Test(arguments: HTTPField.allCases)
    func findsEveryFieldInAnyCase(_ field: HTTPField) {
        let value =
            switch field {
            case .contentLength: "0"
            case .transferEncoding: "chunked"
            case .expect: "100-continue"
            default: "v"
            }
        let name = "\(field.name)"
        for spelling in [name, name.uppercased(), name.prefix(3).uppercased() + name.dropFirst(3)] {
            let host = field == .host ? "" : "Host: a\r\n"
            let message = "POST / HTTP/1.1\r\n\(host)\(spelling): \(value)\r\n\r\n0\r\n\r\n"
            #expect(Reading(Array(message.utf8)).fields[field] == value, "\(spelling)")
        }
    }

    @Test func boundsTheSection() {
        let head = "GET / HTTP/1.1\r\nHost: a\r\n"
        func verdict(_ rest: String) -> Verdict { Reading(Array((head + rest).utf8)).verdict }
        let limits = HTTPLimits()
        let line = "A: b\r\n"
        let most = String(repeating: line, count: limits.fieldCountMax - 1)
        #expect(verdict(most + "\r\n") == .get)
        #expect(verdict(most + line) == .refused(.tooManyFields))
        // A line's bytes count up to its end, the end itself does not.
        let value = String(repeating: "x", count: limits.headBytesMax - head.utf8.count - 3)
        #expect(verdict("A: \(value)") == .incomplete)
        #expect(verdict("A: \(value)\r") == .incomplete)
        #expect(verdict("A: \(value)x") == .refused(.headTooLarge))
        #expect(verdict("A: \(value)x\r\n\r\n") == .refused(.headTooLarge))
    }

    @Test(arguments: [
        ("HTTP/1.1\r\nHost: a", true), ("HTTP/1.1\r\nHost: a\r\nConnection: close", false),
        ("HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE ,y", false), ("HTTP/1.0", false),
        ("HTTP/1.1\r\nHost: a\r\nConnection: closed, close-x", true),
        ("HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, close", false),
        ("HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: close", false),
        ("HTTP/1.1\r\nHost: a\r\nConnection: ,,\tclose,", false),
        ("HTTP/1.0\r\nConnection: Keep-Alive", true),
        ("HTTP/1.0\r\nConnection: x\r\nConnection: keep-alive", true),
        ("HTTP/1.0\r\nConnection: keep-alive, close", false),
        ("HTTP/1.2\r\nHost: a", true),
    ])
    func keepsTheConnectionAsTheClientAsks(_ rest: String, _ expected: Bool) {
        #expect(Reading(Array("GET / \(rest)\r\n\r\n".utf8)).keepsAlive == expected)
    }

    /// What follows is meant for a tunnel.
    @Test func givesUpAConnectionAfterCONNECT() {
        let reading = Reading(Array("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\nGET".utf8))
        #expect(reading.verdict == .request(.connect, path: "a:1", body: ""))
        #expect(!reading.keepsAlive)
    }
}
