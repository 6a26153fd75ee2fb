// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

/// What a parser makes of a message.
enum Verdict: Equatable, Sendable {
    case request(HTTPMethod, path: String, body: String)
    case refused(HTTPParseError)
    case incomplete

    /// Feeds the message in pieces that end at `cuts`.
    init(_ message: [UInt8], cuts: [Int] = [], limits: HTTPLimits = HTTPLimits()) {
        var parser = HTTPRequestParser(limits: limits)
        var buffer: [UInt8] = []
        for cut in cuts + [message.count] {
            buffer += message[buffer.count..<cut]
            do throws(HTTPParseError) {
                var span = buffer.mutableSpan
                guard try parser.parse(&span) else { continue }
                let request = parser.request
                self = .request(
                    request.method, path: String(decoding: buffer[request.path], as: UTF8.self),
                    body: String(decoding: buffer[request.body], as: UTF8.self))
                return
            } catch {
                self = .refused(error)
                return
            }
        }
        self = .incomplete
    }
}

struct HTTPRequestParserTests {
    static let messages: [(String, Verdict)] = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", .request(.get, path: "/", body: "")),
        ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .request(.get, path: "/", body: "")),
        (
            "GET /a%20b?q=/x HTTP/1.1\r\nHost: a:80\r\n\r\n",
            .request(.get, path: "/a%20b", body: "")
        ),
        ("GET http://h/p?x HTTP/1.1\r\nHost: H\r\n\r\n", .request(.get, path: "/p", body: "")),
        ("OPTIONS * HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", .request(.options, path: "*", body: "")),
        ("GET / HTTP/1.0\r\n\r\n", .request(.get, path: "/", body: "")),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", .request(.get, path: "/", body: "")),
        (
            "POST /p HTTP/1.1\r\nhOST:a\r\nContent-Length: 3\r\n\r\nabcGET",
            .request(.post, path: "/p", body: "abc")
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
                + "3\r\nabc\r\n0A;x=y;z=\"q\\\"\"\r\n0123456789\r\n0\r\nT: v\r\n\r\nX",
            .request(.post, path: "/", body: "abc0123456789")
        ),
        ("GET  / HTTP/1.1\r\n", .incomplete), ("GET / HTTP/1.1\r\nHost: a\r\n", .incomplete),
    ]

    static let refusals: [(String, HTTPParseError)] = [
        ("GET / HTTP/1.1\nHost: a\r\n\r\n", .bareLineFeed),
        ("GET / HTTP/1.1\r\nHost: a\n\r\n", .bareLineFeed),
        ("GET / HTTP/1.1\rHost: a\r\n\r\n", .bareCarriageReturn),
        ("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        ("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        ("GET /\r\nHost: a\r\n\r\n", .malformedRequestLine),
        ("get / HTTP/1.1\r\nHost: a\r\n\r\n", .unknownMethod),
        ("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", .unknownMethod),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", .malformedVersion),
        ("GET / HTTP/1\r\nHost: a\r\n\r\n", .malformedVersion),
        ("GET / HTTP/01.1\r\nHost: a\r\n\r\n", .malformedVersion),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .malformedVersion),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", .unsupportedVersion),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .unsupportedVersion),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        ("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        ("GET /%2 HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        ("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        ("GET /%0d%0a HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        ("GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
        ("GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
        ("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        ("PURGEPURGEPURGEPURGE / HTTP/1.1\r\nHost: a\r\n\r\n", .unknownMethod),
        ("POSTS / HTTP/1.1\r\nHost: a\r\n\r\n", .unknownMethod),
        ("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedRequestLine),
        ("GET / HTTP/1.1 x\r\nHost: a\r\n\r\n", .malformedVersion),
        ("GET / HTTP/ 1.1\r\nHost: a\r\n\r\n", .malformedVersion),
        ("GET / HTTP/0.9\r\nHost: a\r\n\r\n", .unsupportedVersion),
        ("GET http://h/ HTTP/1.1\r\nHost: other\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\n\r\n", .missingHost),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .duplicateField),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: :80\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .lineFolding),
        ("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", .lineFolding),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", .malformedFieldName),
        ("GET / HTTP/1.1\r\n: a\r\n\r\n", .malformedFieldName),
        ("GET / HTTP/1.1\r\nHost\r\n\r\n", .malformedFieldName),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{0}\r\n\r\n", .malformedFieldValue),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{B}b\r\n\r\n", .malformedFieldValue),
        ("GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", .unsupportedExpectation),
        ("GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n", .lineFolding),
        ("GET / HTTP/1.1\r\nHost: a\r\nX\u{E9}: a\r\n\r\n", .malformedFieldName),
        ("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingInHTTP10),
    ]

    static let framings: [(String, HTTPParseError)] = [
        ("Content-Length: +5", .malformedContentLength),
        ("Content-Length: -0", .malformedContentLength),
        ("Content-Length: 5 5", .malformedContentLength),
        ("Content-Length: 5,5", .malformedContentLength),
        ("Content-Length: 0x5", .malformedContentLength),
        ("Content-Length: 1_0", .malformedContentLength),
        ("Content-Length:", .malformedContentLength),
        ("Content-Length: 9999999999999999999", .malformedContentLength),
        ("Content-Length: 999999999999999999", .bodyTooLarge),
        ("Content-Length: 5\r\nContent-Length: 5", .duplicateField),
        ("Content-Length: 5\r\nContent-Length: 6", .duplicateField),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", .contentLengthWithTransferEncoding),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", .contentLengthWithTransferEncoding),
        ("Transfer-Encoding: chunked, chunked", .malformedTransferEncoding),
        ("Transfer-Encoding: ,chunked", .malformedTransferEncoding),
        ("Transfer-Encoding: chunked,", .malformedTransferEncoding),
        ("Transfer-Encoding: chunked;a=b", .malformedTransferEncoding),
        ("Transfer-Encoding: gzip, chunked", .malformedTransferEncoding),
        ("Transfer-Encoding:", .malformedTransferEncoding),
        ("Transfer-Encoding: identity", .unsupportedTransferCoding),
        ("Transfer-Encoding: xchunked", .unsupportedTransferCoding),
        ("Transfer-Encoding: chun\u{212A}ed", .malformedTransferEncoding),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", .duplicateField),
        ("Transfer-Encoding: \u{B}chunked", .malformedFieldValue),
        ("Content_Length: 5\r\nContent-Length: x", .malformedContentLength),
    ]

    static let chunks: [(String, HTTPParseError)] = [
        ("0x1\r\n", .malformedChunkSize), ("+1\r\n", .malformedChunkSize),
        ("-1\r\n", .malformedChunkSize), (" 1\r\n", .malformedChunkSize),
        ("1 \r\n", .malformedChunkSize), ("\r\n", .malformedChunkSize),
        ("1\nx", .malformedChunkSize), ("1\rx", .malformedChunkSize),
        ("FFFFFFFFFFFFFFFF\r\n", .malformedChunkSize), ("FFFFFFFFFFF\r\n", .bodyTooLarge),
        ("1\r\nab\r\n", .malformedChunkEnd), ("1\r\na\n", .malformedChunkEnd),
        ("1\r\na\rX", .malformedChunkEnd), ("1;\r\n", .malformedChunkExtension),
        ("1;a\n", .malformedChunkExtension), ("1;a=\r\n", .malformedChunkExtension),
        ("1;a=\"\n\"\r\n", .malformedChunkExtension), ("0\r\n\n", .malformedTrailer),
        ("0\r\nA\r\n", .malformedTrailer), ("0\r\nA: b\n", .malformedTrailer),
        ("0\r\n B: c\r\n", .malformedTrailer), ("0\r\n\rX", .malformedTrailer),
    ]

    @Test(arguments: messages)
    func reads(_ message: String, _ expected: Verdict) {
        #expect(Verdict(Array(message.utf8)) == expected)
    }

    @Test(arguments: refusals)
    func refuses(_ message: String, _ expected: HTTPParseError) {
        #expect(Verdict(Array(message.utf8)) == .refused(expected))
    }

    @Test(arguments: framings)
    func refusesFraming(_ fields: String, _ expected: HTTPParseError) {
        let message = "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n0\r\n\r\n"
        #expect(Verdict(Array(message.utf8)) == .refused(expected))
    }

    @Test(arguments: chunks)
    func refusesChunks(_ chunks: String, _ expected: HTTPParseError) {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(Verdict(Array((head + chunks).utf8)) == .refused(expected))
    }

    /// However the bytes are cut into reads, the verdict is the same.
    @Test func everyCutGivesTheSameVerdict() {
        var messages = Self.messages.map(\.0) + Self.refusals.map(\.0)
        messages += Self.framings.map { "POST / HTTP/1.1\r\nHost: a\r\n\($0.0)\r\n\r\n0\r\n\r\n" }
        messages += Self.chunks.map {
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\($0.0)"
        }
        for message in messages.map({ Array($0.utf8) }) {
            let whole = Verdict(message)
            for cut in message.indices {
                #expect(Verdict(message, cuts: [cut]) == whole)
            }
            #expect(Verdict(message, cuts: Array(message.indices)) == whole)
        }
    }

    @Test(arguments: [
        ("/a/./b", "/a/b"), ("/a/../b", "/b"), ("/a/b/..", "/a/"), ("/.", "/"), ("/a/.", "/a/"),
        ("/a/%2e%2E/b", "/b"), ("/a/.b/..c", "/a/.b/..c"), ("/a//../b", "/a/b"), ("//", "//"),
        ("/a/...", "/a/..."), ("/a/..?x=/../", "/"), ("/x%2F../y", "/x%2F../y"),
        ("http://a/../b", nil), ("/..", nil), ("/a/../../b", nil), ("/%2e%2e/b", nil),
    ])
    func takesDotSegmentsOutOfAPath(_ target: String, _ path: String?) {
        let verdict = Verdict(Array("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        #expect(
            verdict
                == (path.map { .request(.get, path: $0, body: "") } ?? .refused(.malformedTarget)))
    }

    /// What percent escapes stand for must be UTF-8 without control characters.
    @Test(arguments: [
        ("%C3%A9", true), ("%E2%82%AC", true), ("%F0%9F%90%A6", true), ("%20", true),
        ("%C0%AF", false), ("%E0%80%AF", false), ("%ED%A0%80", false), ("%F4%90%80%80", false),
        ("%C3", false), ("%C3x", false), ("%C3%41", false), ("%A9", false), ("%FF", false),
        ("%0D", false), ("%7f", false), ("%", false), ("%1", false), ("%g0", false),
    ])
    func judgesPercentEscapes(_ escapes: String, _ isRead: Bool) {
        for target in ["/\(escapes)", "/?q=\(escapes)"] {
            let verdict = Verdict(Array("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
            #expect((verdict != .refused(.malformedTarget)) == isRead, "\(target)")
        }
    }

    @Test func judgesEveryByteInATarget() {
        let others = Set("-._~!$&'()*+,;=:@/?".utf8)
        for byte in UInt8.min...UInt8.max
        where byte != 0x20 && byte != 0x0D && byte != 0x0A && byte != 0x25 {
            let isLetterOrDigit =
                0x30...0x39 ~= byte || 0x41...0x5A ~= byte || 0x61...0x7A ~= byte
            let message = Array("GET /a".utf8) + [byte] + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            let isRead = Verdict(message) != .refused(.malformedTarget)
            #expect(isRead == (isLetterOrDigit || others.contains(byte)), "byte \(byte)")
        }
    }

    @Test(arguments: [
        ("a", true), ("a.b-c:8080", true), ("127.0.0.1", true), ("a:", true), ("[::]", true),
        ("[::1]:80", true), ("[1:2:3:4:5:6:7:8]", true), ("[1::8]", true), ("[1::]", true),
        ("[::ffff:1.2.3.4]", true), ("[1:2:3:4:5:6:1.2.3.4]", true), ("[]", false),
        ("[1:2:3:4:5:6:7:8:9]", false), ("[1:2:3:4:5:6:7]", false), ("[:1]", false),
        ("[1:]", false), ("[1:::2]", false), ("[1::2::3]", false), ("[12345::]", false),
        ("[::1.2.3]", false), ("[::1.2.3.256]", false), ("[::1.2.3.04]", false),
        ("[1.2.3.4]", false), ("[::g]", false), ("[::1]x", false), ("[fe80::1%25eth0]", false),
        ("a:65536", false), ("a:+80", false), ("a:080808", false), ("a..b", true), ("%61", false),
    ])
    func judgesHosts(_ host: String, _ isRead: Bool) {
        let verdict = Verdict(Array("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8))
        #expect(
            verdict == (isRead ? .request(.get, path: "/", body: "") : .refused(.malformedHost)))
    }

    /// Chunk lines take room beside the body, so they are bounded too.
    @Test func boundsABodyOfTinyChunks() {
        var limits = HTTPLimits()
        limits.bodyBytesMax = 64
        limits.chunkOverheadBytesMax = 16
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let few = head + String(repeating: "1\r\na\r\n", count: 8) + "0\r\n\r\n"
        #expect(
            Verdict(Array(few.utf8), limits: limits)
                == .request(.post, path: "/", body: "aaaaaaaa"))
        let many = head + String(repeating: "1\r\na\r\n", count: 60)
        #expect(Verdict(Array(many.utf8), limits: limits) == .refused(.chunkOverheadTooLarge))
    }

    @Test func findsEveryFieldInAnyCase() throws {
        for field in HTTPField.allCases where ![.host, .contentLength].contains(field) {
            guard field != .transferEncoding, field != .expect else { continue }
            let message = "GET / HTTP/1.1\r\nHost: a\r\n\(field.name): v\r\n\r\n"
            for text in [
                message, message.replacing("\(field.name)", with: "\(field.name)".uppercased()),
            ] {
                var parser = HTTPRequestParser(limits: HTTPLimits())
                var bytes = Array(text.utf8)
                var span = bytes.mutableSpan
                _ = try parser.parse(&span)
                let value = try #require(parser.request[field])
                #expect(bytes[value] == [0x76])
            }
        }
    }

    @Test func judgesEveryByteInAFieldName() {
        let tokens = Set("!#$%&'*+-.^_`|~".utf8)
        for byte in UInt8.min...UInt8.max where byte != 0x3A && byte != 0x0D && byte != 0x0A {
            let isLetterOrDigit =
                0x30...0x39 ~= byte || 0x41...0x5A ~= byte || 0x61...0x7A ~= byte
            let message =
                Array("GET / HTTP/1.1\r\nHost: a\r\nX".utf8) + [byte] + Array("Y: z\r\n\r\n".utf8)
            let isRead = Verdict(message) == .request(.get, path: "/", body: "")
            #expect(isRead == (isLetterOrDigit || tokens.contains(byte)), "byte \(byte)")
        }
    }

    @Test func judgesEveryByteInAFieldValue() {
        for byte in UInt8.min...UInt8.max where byte != 0x0D && byte != 0x0A {
            let message =
                Array("GET / HTTP/1.1\r\nHost: a\r\nX: y".utf8) + [byte] + Array("z\r\n\r\n".utf8)
            let isRead = Verdict(message) == .request(.get, path: "/", body: "")
            #expect(isRead == (byte == 9 || (byte >= 32 && byte != 127)), "byte \(byte)")
        }
    }

    @Test func boundsLinesFieldsHeadAndBody() {
        var limits = HTTPLimits()
        limits.requestLineBytesMax = 40
        limits.headBytesMax = 100
        limits.fieldCountMax = 2
        limits.bodyBytesMax = 4
        limits.chunkOverheadBytesMax = 8
        func verdict(_ text: String) -> Verdict { Verdict(Array(text.utf8), limits: limits) }
        let long = String(repeating: "x", count: 120)
        #expect(verdict("GET /\(long)") == .refused(.requestLineTooLong))
        #expect(verdict("GET / HTTP/1.1\r\nA: \(long)") == .refused(.headTooLarge))
        #expect(
            verdict("GET / HTTP/1.1\r\nHost: a\r\nB: b\r\nC: c\r\n\r\n") == .refused(.tooManyFields)
        )
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(verdict(chunked + "3\r\nabc\r\n2\r\n") == .refused(.bodyTooLarge))
        #expect(verdict(chunked + "3;abcdefghijk\r\n") == .refused(.chunkOverheadTooLarge))
        #expect(
            verdict("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
                == .refused(.bodyTooLarge))
    }

    @Test(arguments: [
        ("HTTP/1.1\r\nHost: a", true), ("HTTP/1.1\r\nHost: a\r\nConnection: close", false),
        ("HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE ,y", false), ("HTTP/1.0", false),
        ("HTTP/1.0\r\nConnection: Keep-Alive", true),
        ("HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: close", false),
    ])
    func keepsTheConnectionAsTheClientAsks(_ rest: String, _ expected: Bool) throws {
        var parser = HTTPRequestParser(limits: HTTPLimits())
        var bytes = Array("GET / \(rest)\r\n\r\n".utf8)
        var span = bytes.mutableSpan
        let isComplete = try parser.parse(&span)
        #expect(isComplete)
        #expect(parser.request.keepsAlive == expected)
    }

    @Test(arguments: [("", true), ("a", false)])
    func invitesABodyOnceAndOnlyWhenNoneHasCome(_ body: String, _ expected: Bool) throws {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        var parser = HTTPRequestParser(limits: HTTPLimits())
        var bytes = Array((head + body).utf8)
        var span = bytes.mutableSpan
        let isComplete = try parser.parse(&span)
        #expect(!isComplete)
        let first = parser.takeContinue()
        let second = parser.takeContinue()
        #expect(first == expected)
        #expect(!second)
    }
}
