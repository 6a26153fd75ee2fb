// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

/// Where a message ends (RFC 9112 sections 6 and 7).
struct FramingTests {
    static let lengths: [MessageVector] = {
        let read = [
            ("0", ""), ("3", "abc"), ("003", "abc"), ("010", "abcdefghij"), ("2", "ab"),
            ("000000000000000003", "abc"),
        ].map { MessageVector.post("Content-Length: \($0)", $1, .post($1)) }
        let malformed = [
            "+5", "-0", "-1", "5 5", "0x5", "1_0", "0o5", "", "5\t5", "5,5", "5, 5", "42, 42",
            "5;", "5.0", "5e0", "\"5\"", "\u{B2}", "five", "9999999999999999999",
            "18446744073709551621", "0000000000000000003",
        ].map {
            MessageVector.post("Content-Length: \($0)", "abcde", .refused(.malformedContentLength))
        }
        let duplicated = [
            "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: 5\r\nA: b\r\ncontent-length: 5",
            "Content-Length:\r\nContent-Length: 5",
        ].map { MessageVector.post($0, "abcde", .refused(.duplicateContentLength)) }
        return read + malformed + duplicated + [
            .post("Content-Length: 8388609", "", .refused(.bodyTooLarge)),
            .post("Content-Length: 999999999999999999", "", .refused(.bodyTooLarge)),
            .post("Content-Length: 3", "ab", .incomplete),
            .post("Content-Length: 3", "abcGET / HTTP/1.1\r\n", .post("abc")),
        ]
    }()

    static let both: [MessageVector] = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
        "Content-Length: x\r\nTransfer-Encoding: chunked",
        "Content-Length: 5\r\nTransfer-Encoding: identity",
        "Content-Length: 5\r\nTransfer-Encoding:",
    ].map { .post($0, "0\r\n\r\n", .refused(.contentLengthWithTransferEncoding)) }

    static let codings: [MessageVector] = {
        func coding(_ value: String, _ verdict: Verdict) -> MessageVector {
            .post("Transfer-Encoding: \(value)", "0\r\n\r\n", verdict)
        }
        let malformed = [
            "chunked, chunked", "chunked,chunked", ",chunked", "chunked,", "chunked, ", ", chunked",
            "chunked;a=b", "\"chunked\"", "chunked chunked", "", "chunked\u{FF}",
            "chun\u{E2}\u{84}\u{AA}ed", "gzip,,chunked", "chunked\u{A0}",
        ]
        let notFinal = ["identity", "xchunked", "chunkedx", "gzip", "chunked, gzip", "chunked-x"]
        let unknown = ["gzip, chunked", "identity,chunked", "x, y, Chunked"]
        let unprintable = ["chunked\u{B}", "\u{C}chunked", "chun\u{0}ked", "\u{1}chunked"]
        return [coding("chunked", .post), coding("Chunked", .post), coding("\t CHUNKED ", .post)]
            + malformed.map { coding($0, .refused(.malformedTransferEncoding)) }
            + notFinal.map { coding($0, .refused(.chunkedNotFinal)) }
            + unknown.map { coding($0, .refused(.unsupportedTransferCoding)) }
            + unprintable.map { coding($0, .refused(.malformedFieldValue)) }
            + ["chunked", "gzip", "", "identity"].map {
                .post(
                    "Transfer-Encoding: chunked\r\nTransfer-Encoding: \($0)", "0\r\n\r\n",
                    .refused(.duplicateTransferEncoding))
            }
            + ["chunked", "identity", ""].map {
                MessageVector(
                    "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: \($0)\r\n\r\n0\r\n\r\n",
                    .refused(.transferEncodingInHTTP10))
            }
    }()

    static let chunks: [MessageVector] = [
        .chunks("0\r\n\r\n", .post), .chunks("3\r\nabc\r\n0\r\n\r\n", .post("abc")),
        .chunks("a\r\n0123456789\r\n0\r\n\r\n", .post("0123456789")),
        .chunks("A\r\n0123456789\r\n00\r\n\r\n", .post("0123456789")),
        .chunks("1\r\na\r\n02\r\nbc\r\n000\r\n\r\nGET", .post("abc")),
        .chunks("000000000000001\r\na\r\n0\r\n\r\n", .post("a")),
        .chunks("5\r\na\r\n\r\nb\r\n0\r\n\r\n", .refused(.malformedChunkEnd)),
        .chunks("4\r\na\r\n\r\r\n0\r\n\r\n", .post("a\r\n\r")),
        .chunks("0x1\r\na\r\n0\r\n\r\n", .refused(.malformedChunkSize)),
        .chunks("+1\r\na\r\n0\r\n\r\n", .refused(.malformedChunkSize)),
        .chunks("-1\r\na\r\n0\r\n\r\n", .refused(.malformedChunkSize)),
        .chunks("1_0\r\na\r\n0\r\n\r\n", .refused(.malformedChunkSize)),
        .chunks(" 1\r\na\r\n0\r\n\r\n", .refused(.malformedChunkSize)),
        .chunks("1 \r\na\r\n0\r\n\r\n", .refused(.malformedChunkSize)),
        .chunks("1\t\r\na\r\n0\r\n\r\n", .refused(.malformedChunkSize)),
        .chunks("1 ;a\r\na\r\n0\r\n\r\n", .refused(.malformedChunkSize)),
        .chunks("\r\n0\r\n\r\n", .refused(.malformedChunkSize)),
        .chunks(";a\r\n0\r\n\r\n", .refused(.malformedChunkSize)),
        .chunks("g\r\n", .refused(.malformedChunkSize)),
        .chunks("1\na\r\n0\r\n\r\n", .refused(.malformedChunkSize)),
        .chunks("1\ra\r\n0\r\n\r\n", .refused(.malformedChunkSize)),
        .chunks("1\r\ra\r\n", .refused(.malformedChunkSize)),
        .chunks("1\u{0}\r\n", .refused(.malformedChunkSize)),
        .chunks("\u{FF}\r\n", .refused(.malformedChunkSize)),
        .chunks("0000000000000001\r\n", .refused(.malformedChunkSize)),
        .chunks("FFFFFFFFFFFFFFFF\r\n", .refused(.malformedChunkSize)),
        .chunks("10000000000000001\r\n", .refused(.malformedChunkSize)),
        .chunks("7FFFFFFFFFFFFFF\r\n", .refused(.bodyTooLarge)),
        .chunks("800001\r\n", .refused(.bodyTooLarge)),
        .chunks("1\r\na\r\n800000\r\n", .refused(.bodyTooLarge)),
        .chunks("1\r\nab\r\n0\r\n\r\n", .refused(.malformedChunkEnd)),
        .chunks("1\r\na0\r\n\r\n", .refused(.malformedChunkEnd)),
        .chunks("1\r\na\n0\r\n\r\n", .refused(.malformedChunkEnd)),
        .chunks("1\r\na\rX0\r\n\r\n", .refused(.malformedChunkEnd)),
        .chunks("1\r\naXX0\r\n\r\n", .refused(.malformedChunkEnd)),
        .chunks("1\r\na\r\n", .incomplete), .chunks("0\r\n", .incomplete),
        .chunks("0\r\n\r", .incomplete), .chunks("", .incomplete), .chunks("5\r\nabc", .incomplete),
    ]

    static let extensions: [MessageVector] =
        [";a", ";a=b", ";a=b;c=d", ";a=\"b c\"", ";a=\"\"", ";a=\"\\\"\\\\\"", ";a=\"\u{FF}\t\""]
        .map { .chunks("1\($0)\r\na\r\n0\($0)\r\n\r\n", .post("a")) }
        + [
            ";", ";;a", ";a;", ";a=", ";a=;b", ";=b", "; a", ";a =b", ";a= b", ";a=b ", ";a=\"b",
            ";a=\"b\"c", ";a=\"\u{0}\"", ";a=\"\\\u{0}\"", ";a\u{0}", ";a=b\u{B}", ";a\n", ";a=b\n",
            ";a=\"\n\"", ";a=\"\r\n\"", ";\u{E9}", ";a=[b]", ";a==b",
        ].map { .chunks("1\($0)\r\na\r\n0\r\n\r\n", .refused(.malformedChunkExtension)) }
        + [
            .chunks("1;a\rb\r\na\r\n0\r\n\r\n", .refused(.malformedChunkSize)),
            .chunks("1;a\r\ra\r\n0\r\n\r\n", .refused(.malformedChunkSize)),
        ]

    static let trailers: [MessageVector] =
        [
            "A: b", "A:", "A: b\r\nC:\td\u{FF}", "Content-Length: 9", "Transfer-Encoding: chunked",
            "Host: x y", "Authorization: b", "Content-Type: x",
        ].map { .chunks("1\r\na\r\n0\r\n\($0)\r\n\r\n", .post("a")) }
        + [
            "A", "A b: c", "A : b", ": b", " A: b", "A: b\r\n c", "A: b\u{0}", "A: b\n", "A: b\rc",
            "\n", "\u{E9}: a", "A: \u{7F}", "A: b\r\n\n", "GET / HTTP/1.1",
        ].map { .chunks("1\r\na\r\n0\r\n\($0)\r\n\r\n", .refused(.malformedTrailer)) }
        + [
            .chunks("0\r\n\rX", .refused(.malformedTrailer)),
            .chunks("0\r\n\n", .refused(.malformedTrailer)),
            .chunks("0\r\nA: b\r\n", .incomplete),
        ]

    static let expectations: [MessageVector] =
        ["100-continue", "100-Continue", "\t100-CONTINUE "]
        .map { .post("Expect: \($0)\r\nContent-Length: 1", "a", .post("a")) }
        + [
            "", "x", "100", "100-continue, 100-continue", "100-continue;a", "100-continue, x",
            "\"100-continue\"", "100-continues", "101-continue", "100\u{A0}-continue",
        ].map {
            .post("Expect: \($0)\r\nContent-Length: 1", "a", .refused(.unsupportedExpectation))
        }
        + [
            MessageVector("POST / HTTP/1.0\r\nExpect: x\r\nContent-Length: 1\r\n\r\na", .post("a"))
        ]

    /// Without a length there is no body, and what follows is the next message; a body that a
    /// method has no use for is read all the same.
    static let anyMethod: [MessageVector] = [HTTPMethod.get, .head, .options, .delete, .put]
        .flatMap { method -> [MessageVector] in
            let head = "\(method.name) / HTTP/1.1\r\nHost: a\r\n"
            return [
                MessageVector("\(head)\r\nGET", .request(method, path: "/", body: "")),
                MessageVector(
                    "\(head)Content-Length: 3\r\n\r\nGETX", .request(method, path: "/", body: "GET")
                ),
                MessageVector(
                    "\(head)Transfer-Encoding: chunked\r\n\r\n3\r\nGET\r\n0\r\n\r\nX",
                    .request(method, path: "/", body: "GET")),
            ]
        }

    static let vectors =
        lengths + both + codings + chunks + extensions + trailers + expectations + anyMethod

    @Test(arguments: lengths) func judgesContentLength(_ vector: MessageVector) { vector.check() }

    @Test(arguments: both) func refusesTwoFramings(_ vector: MessageVector) { vector.check() }

    @Test(arguments: codings)
    func readsOnlyChunkedOnce(_ vector: MessageVector) { vector.check() }

    @Test(arguments: chunks) func judgesChunks(_ vector: MessageVector) { vector.check() }

    @Test(arguments: extensions)
    func judgesChunkExtensions(_ vector: MessageVector) { vector.check() }

    @Test(arguments: trailers)
    func judgesTrailersAndDropsThem(_ vector: MessageVector) { vector.check() }

    @Test(arguments: expectations)
    func knowsOneExpectation(_ vector: MessageVector) { vector.check() }

    @Test(arguments: anyMethod)
    func framesEveryMethodAlike(_ vector: MessageVector) { vector.check() }

    /// The next message begins where this one ends, to the byte.
    @Test(arguments: [
        ("Content-Length: 3", "abc"),
        ("Transfer-Encoding: chunked", "3\r\nabc\r\n0\r\nA: b\r\n\r\n"),
        ("A: b", ""),
    ])
    func tellsWhereTheNextMessageBegins(_ fields: String, _ rest: String) {
        let message = "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(rest)"
        let next = "GET / HTTP/1.1\r\n"
        #expect(Reading(Array((message + next).utf8)).byteCount == message.utf8.count)
    }

    /// A trailer is no field of the message (RFC 9110 section 6.5.1).
    @Test func mergesNoTrailer() {
        let vector = MessageVector.chunks(
            "0\r\nAccept: b\r\nContent-Type: x\r\nConnection: close\r\n\r\n", .post)
        let reading = Reading(vector.bytes)
        #expect(reading.verdict == .post)
        #expect(reading.fields[.accept] == nil)
        #expect(reading.fields[.contentType] == nil)
        #expect(reading.keepsAlive)
    }

    @Test func boundsBodiesAndWhatLiesAroundThem() {
        var limits = HTTPLimits()
        limits.bodyBytesMax = 4
        limits.chunkOverheadBytesMax = 8
        func verdict(_ vector: MessageVector) -> Verdict {
            Reading(vector.bytes, limits: limits).verdict
        }
        #expect(verdict(.post("Content-Length: 4", "abcd", .post)) == .post("abcd"))
        // Refused before a byte of it has come.
        #expect(verdict(.post("Content-Length: 5", "", .post)) == .refused(.bodyTooLarge))
        #expect(verdict(.chunks("4\r\nabcd\r\n0\r\n\r\n", .post)) == .post("abcd"))
        #expect(verdict(.chunks("3\r\nabc\r\n2\r\n", .post)) == .refused(.bodyTooLarge))
        #expect(verdict(.chunks("5;", .post)) == .refused(.bodyTooLarge))
        let long = String(repeating: "x", count: 8)
        #expect(verdict(.chunks("3;\(long)", .post)) == .incomplete)
        #expect(verdict(.chunks("3;\(long)x", .post)) == .refused(.chunkExtensionTooLarge))
        #expect(verdict(.chunks("0\r\n\(long)", .post)) == .incomplete)
        #expect(verdict(.chunks("0\r\n\(long)x", .post)) == .refused(.trailerTooLarge))
        // Extensions and trailers of all chunks count together.
        #expect(
            verdict(.chunks("1;xx\r\na\r\n0;xx\r\nx: y\r\n", .post)) == .refused(.trailerTooLarge))
    }

    /// Chunk lines take room beside the body, so they are bounded too.
    @Test func boundsABodyOfTinyChunks() {
        var limits = HTTPLimits()
        limits.bodyBytesMax = 64
        limits.chunkOverheadBytesMax = 16
        let few = String(repeating: "1\r\na\r\n", count: 8) + "0\r\n\r\n"
        #expect(
            Reading(MessageVector.chunks(few, .post).bytes, limits: limits).verdict
                == .post("aaaaaaaa"))
        let many = String(repeating: "1\r\na\r\n", count: 60)
        #expect(
            Reading(MessageVector.chunks(many, .post).bytes, limits: limits).verdict
                == .refused(.chunkOverheadTooLarge))
    }

    @Test(arguments: [
        ("Content-Length: 2\r\n", "", true), ("Content-Length: 2\r\n", "a", false),
        ("Content-Length: 0\r\n", "", false), ("", "", false),
        ("Transfer-Encoding: chunked\r\n", "", true),
        ("Transfer-Encoding: chunked\r\n", "1", false),
    ])
    func invitesABodyOnceAndOnlyWhenNoneHasCome(
        _ fields: String, _ body: String, _ expected: Bool
    ) throws {
        for version in ["1.1", "1.0"] where version == "1.1" || !fields.hasPrefix("T") {
            var parser = HTTPRequestParser(limits: HTTPLimits())
            var bytes = Array(
                "POST / HTTP/\(version)\r\nHost: a\r\n\(fields)Expect: 100-continue\r\n\r\n\(body)"
                    .utf8)
            var span = bytes.mutableSpan
            _ = try parser.parse(&span)
            let first = parser.takeContinue()
            let second = parser.takeContinue()
            #expect(first == (expected && version == "1.1"))
            #expect(!second)
        }
    }
}
