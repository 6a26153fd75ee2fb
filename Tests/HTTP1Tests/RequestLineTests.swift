// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

/// Request lines and targets (RFC 9112 section 3).
struct RequestLineTests {
    private static let longMethod = String(repeating: "A", count: 33)

    static let methods: [MessageVector] = [
        .requestLine("GET / HTTP/1.1", .get),
        .requestLine("HEAD / HTTP/1.1", .request(.head, path: "/", body: "")),
        .requestLine("POST / HTTP/1.1", .post),
        .requestLine("PUT / HTTP/1.1", .request(.put, path: "/", body: "")),
        .requestLine("DELETE / HTTP/1.1", .request(.delete, path: "/", body: "")),
        .requestLine("PATCH / HTTP/1.1", .request(.patch, path: "/", body: "")),
        .requestLine("OPTIONS / HTTP/1.1", .request(.options, path: "/", body: "")),
        .requestLine("TRACE / HTTP/1.1", .request(.trace, path: "/", body: "")),
        .requestLine("CONNECT a:80 HTTP/1.1", .request(.connect, path: "a:80", body: "")),
        .requestLine("BREW / HTTP/1.1", .refused(.unknownMethod)),
        .requestLine("get / HTTP/1.1", .refused(.unknownMethod)),
        .requestLine("Get / HTTP/1.1", .refused(.unknownMethod)),
        .requestLine("POSTS / HTTP/1.1", .refused(.unknownMethod)),
        .requestLine("GE / HTTP/1.1", .refused(.unknownMethod)),
        .requestLine("!#$%&'*+-.^_`|~09 / HTTP/1.1", .refused(.unknownMethod)),
        .requestLine(longMethod + " / HTTP/1.1", .refused(.unknownMethod)),
        // Without a line's end in sight.
        MessageVector(longMethod, .refused(.unknownMethod)),
        .requestLine("G@T / HTTP/1.1", .refused(.malformedRequestLine)),
        .requestLine("G\u{E9}T / HTTP/1.1", .refused(.malformedRequestLine)),
        .requestLine("G\u{0}T / HTTP/1.1", .refused(.malformedRequestLine)),
        .requestLine("GET", .refused(.malformedRequestLine)),
        MessageVector("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", .refused(.clientHello)),
        MessageVector("\u{80}\u{2E}\u{1}\u{3}", .refused(.malformedRequestLine)),
        MessageVector("GET", .incomplete), MessageVector("", .incomplete),
    ]

    static let whiteSpace: [MessageVector] = [
        .requestLine("GET  / HTTP/1.1", .refused(.malformedRequestLine)),
        .requestLine("GET /  HTTP/1.1", .refused(.malformedVersion)),
        .requestLine(" GET / HTTP/1.1", .refused(.malformedRequestLine)),
        .requestLine("\tGET / HTTP/1.1", .refused(.malformedRequestLine)),
        .requestLine("GET / HTTP/1.1 ", .refused(.malformedVersion)),
        .requestLine("GET / HTTP/1.1\t", .refused(.malformedVersion)),
        .requestLine("GET\t/ HTTP/1.1", .refused(.malformedRequestLine)),
        .requestLine("GET /\tHTTP/1.1", .refused(.missingVersion)),
        .requestLine("GET\u{B}/ HTTP/1.1", .refused(.malformedRequestLine)),
        .requestLine("GET\u{C}/ HTTP/1.1", .refused(.malformedRequestLine)),
        .requestLine("GET /\u{C}HTTP/1.1", .refused(.missingVersion)),
        .requestLine("GET /a b HTTP/1.1", .refused(.malformedVersion)),
        .requestLine("GET\u{A0}/ HTTP/1.1", .refused(.malformedRequestLine)),
        .requestLine("GET ", .refused(.malformedRequestLine)),
        .requestLine("GET  HTTP/1.1", .refused(.malformedRequestLine)),
    ]

    static let emptyLines: [MessageVector] = [
        MessageVector("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .get),
        MessageVector(
            "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.malformedRequestLine)),
        MessageVector("\r\n GET / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.malformedRequestLine)),
        MessageVector("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.bareLineFeed)),
        MessageVector("\r\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.bareLineFeed)),
        MessageVector("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.bareCarriageReturn)),
        MessageVector(
            "\r\n\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.malformedRequestLine)),
        MessageVector(" \r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.malformedRequestLine)),
        MessageVector("\r\n", .incomplete), MessageVector("\r", .incomplete),
    ]

    static let versions: [MessageVector] = [
        .requestLine("GET / HTTP/1.0", .get), .requestLine("GET / HTTP/1.2", .get),
        .requestLine("GET / HTTP/1.9", .get),
        .requestLine("GET / http/1.1", .refused(.malformedVersion)),
        .requestLine("GET / Http/1.1", .refused(.malformedVersion)),
        .requestLine("GET / HTTP/1", .refused(.malformedVersion)),
        .requestLine("GET / HTTP/1.", .refused(.malformedVersion)),
        .requestLine("GET / HTTP/.1", .refused(.malformedVersion)),
        .requestLine("GET / HTTP/01.1", .refused(.malformedVersion)),
        .requestLine("GET / HTTP/1.10", .refused(.malformedVersion)),
        .requestLine("GET / HTTP/11.1", .refused(.malformedVersion)),
        .requestLine("GET / HTTP/1,1", .refused(.malformedVersion)),
        .requestLine("GET / HTTP/+.1", .refused(.malformedVersion)),
        .requestLine("GET / HTTP/1.1 x", .refused(.malformedVersion)),
        .requestLine("GET / HTTP/ 1.1", .refused(.malformedVersion)),
        .requestLine("GET / HTTP /1.1", .refused(.malformedVersion)),
        .requestLine("GET / HTTPS/1.1", .refused(.malformedVersion)),
        .requestLine("GET / HTTP/1.1\u{0}", .refused(.malformedVersion)),
        .requestLine("GET / ICE/1.0", .refused(.malformedVersion)),
        .requestLine("GET / ", .refused(.malformedVersion)),
        .requestLine("GET / HTTP/0.9", .refused(.unsupportedVersion)),
        .requestLine("GET / HTTP/2.0", .refused(.unsupportedVersion)),
        .requestLine("GET / HTTP/3.0", .refused(.unsupportedVersion)),
        .requestLine("GET / HTTP/9.9", .refused(.unsupportedVersion)),
        MessageVector("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .refused(.unsupportedVersion)),
        MessageVector("GET /\r\n", .refused(.missingVersion)),
        .requestLine("GET /", .refused(.missingVersion)),
    ]

    static let forms: [MessageVector] = [
        .target("/a?q=/x", .get("/a")), .target("/?", .get), .target("/a??b?c", .get("/a")),
        .target("http://a/p?x", .get("/p")), .target("HTTP://A/p", .get("/p")),
        .target("http://a", .get("")), .target("http://a?x", .get("")),
        MessageVector("GET https://a:8443/ HTTP/1.1\r\nHost: a:8443\r\n\r\n", .get),
        MessageVector("GET http://a/ HTTP/1.0\r\n\r\n", .get),
        .target("http://b/", .refused(.hostMismatch)),
        .target("http://a:80/", .refused(.hostMismatch)),
        .target("http://ab/", .refused(.hostMismatch)),
        MessageVector("GET http://a/ HTTP/1.1\r\n\r\n", .refused(.missingHost)),
        .target("http://u@a/", .refused(.malformedTarget)),
        .target("http:///", .refused(.malformedTarget)),
        .target("http://", .refused(.malformedTarget)),
        .target("http:/a", .refused(.malformedTarget)),
        .target("ftp://a/", .refused(.malformedTarget)),
        .target("//a/", .get("//a/")), .target("a", .refused(.malformedTarget)),
        .target("a/b", .refused(.malformedTarget)), .target("?a", .refused(.malformedTarget)),
        .target("*", .refused(.malformedTarget)), .target("*/", .refused(.malformedTarget)),
        .requestLine("OPTIONS * HTTP/1.1", .request(.options, path: "*", body: "")),
        .requestLine("OPTIONS http://a HTTP/1.1", .request(.options, path: "", body: "")),
        .requestLine("POST * HTTP/1.1", .refused(.malformedTarget)),
        .requestLine("CONNECT / HTTP/1.1", .refused(.malformedTarget)),
        .requestLine("CONNECT http://a:80/ HTTP/1.1", .refused(.malformedTarget)),
        .requestLine("CONNECT a:99999 HTTP/1.1", .refused(.malformedTarget)),
        .requestLine("GET a:80 HTTP/1.1", .refused(.malformedTarget)),
    ]

    static let paths: [MessageVector] = [
        .target("/a/./b", .get("/a/b")), .target("/a/../b", .get("/b")),
        .target("/a/b/..", .get("/a/")), .target("/.", .get), .target("/a/.", .get("/a/")),
        .target("/a/%2e%2E/b", .get("/b")), .target("/a/.%2e/b", .get("/b")),
        .target("/a/.b/..c", .get("/a/.b/..c")), .target("/a//../b", .get("/a/b")),
        .target("//", .get("//")), .target("/a/...", .get("/a/...")),
        .target("/a/..?x=/../", .get), .target("/a?x=/../../", .get("/a")),
        .target("/x%2F../y", .get("/x%2F../y")), .target("/a%2f", .get("/a%2f")),
        .target("/a;b=c", .get("/a;b=c")), .target("/A", .get("/A")),
        .target("/%41%7e%2D%5f%39", .get("/A~-_9")), .target("/%2541", .get("/%2541")),
        .target("/a%20b%C3%A9", .get("/a%20b%C3%A9")), .target("/?%41", .get),
        .target("/..", .refused(.pathAboveRoot)),
        .target("/a/../../b", .refused(.pathAboveRoot)),
        .target("/%2e%2e/b", .refused(.pathAboveRoot)),
        .target("http://a/../b", .refused(.pathAboveRoot)),
    ]

    /// What percent escapes stand for must be UTF-8 without control characters.
    static let escapes: [MessageVector] = {
        let good = ["%C3%A9", "%E2%82%AC", "%F0%9F%90%A6", "%ED%9F%BF", "%F4%8F%BF%BF", "%20"]
        let bad = [
            "%C0%AF", "%E0%80%AF", "%F0%80%80%AF", "%ED%A0%80", "%F4%90%80%80", "%F5%80%80%80",
            "%C3", "%C3x", "%C3%41", "%E2%82", "%A9", "%FF", "%FE", "%00", "%0D", "%0a", "%1F",
            "%7f", "%", "%1", "%g0", "%0g", "%%41", "%u0041", "%+1", "% 1",
        ]
        let read = good.flatMap { escape -> [MessageVector] in
            [.target("/\(escape)", .get("/\(escape)")), .target("/?\(escape)", .get)]
        }
        let refused = bad.flatMap { escape -> [MessageVector] in
            if escape == "% 1" { return [.target("/% 1", .refused(.malformedVersion))] }
            return ["/\(escape)", "/?\(escape)"].map { .target($0, .refused(.malformedEscape)) }
        }
        return read + refused
    }()

    static let characters: [MessageVector] = [
        "#", "\\", "\"", "<", ">", "^", "{", "|", "}", "`", "[", "]", "\u{0}", "\t", "\u{1F}",
        "\u{7F}", "\u{80}", "\u{C0}\u{AF}", "\u{C3}\u{A9}", "\u{FF}",
    ].flatMap { character -> [MessageVector] in
        ["/a\(character)b", "/?a\(character)"].map { .target($0, .refused(.malformedTarget)) }
    }

    static let vectors =
        methods + whiteSpace + emptyLines + versions + forms + paths + escapes
        + characters

    @Test(arguments: methods) func judgesMethods(_ vector: MessageVector) { vector.check() }

    @Test(arguments: whiteSpace)
    func wantsSingleSpaces(_ vector: MessageVector) { vector.check() }

    @Test(arguments: emptyLines)
    func forgivesOneEmptyLine(_ vector: MessageVector) { vector.check() }

    @Test(arguments: versions) func judgesVersions(_ vector: MessageVector) { vector.check() }

    @Test(arguments: forms) func judgesTargetForms(_ vector: MessageVector) { vector.check() }

    @Test(arguments: paths) func normalisesPaths(_ vector: MessageVector) { vector.check() }

    @Test(arguments: escapes) func judgesEscapes(_ vector: MessageVector) { vector.check() }

    @Test(arguments: characters)
    func refusesCharactersOutsideURIs(_ vector: MessageVector) { vector.check() }

    @Test func tellsVersionAndQuery() {
        let old = Reading(Array("GET /a?b=c HTTP/1.0\r\n\r\n".utf8))
        #expect(old.isHTTP10)
        #expect(old.query == "b=c")
        let new = Reading(Array("GET /a? HTTP/1.2\r\nHost: a\r\n\r\n".utf8))
        #expect(!new.isHTTP10)
        #expect(new.query == "")
        #expect(Reading(Array("GET /a HTTP/1.1\r\nHost: a\r\n\r\n".utf8)).query == nil)
    }

    /// 8,000 octets at least must be read (RFC 9112 section 3); the line's end does not count.
    @Test func boundsTheRequestLine() {
        func reading(lineByteCount: Int) -> Reading {
            let target = "/" + String(repeating: "a", count: lineByteCount - 14)
            return Reading(Array("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        }
        #expect(HTTPLimits().requestLineBytesMax >= 8_000)
        #expect(reading(lineByteCount: HTTPLimits().requestLineBytesMax).byteCount > 8_000)
        let longer = reading(lineByteCount: HTTPLimits().requestLineBytesMax + 1)
        #expect(longer.verdict == .refused(.requestLineTooLong))
        let endless = Array("GET /".utf8) + Array(repeating: 0x61, count: 8_188)
        #expect(Reading(endless).verdict == .refused(.requestLineTooLong))
        #expect(Reading(Array(endless.dropLast())).verdict == .incomplete)
    }
}
