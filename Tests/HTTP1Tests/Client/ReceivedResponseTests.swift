// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

struct ReceivedResponseTests {
    /// The response of a stream that the server then closes, fed in pieces of a size.
    private static func read(
        _ text: String, pieces size: Int = .max, bodyBytesMax: Int = 1000
    ) throws(ReceivedResponseError) -> ReceivedResponse {
        var parser = ReceivedResponseParser(bodyBytesMax: bodyBytesMax)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            if let response = try parser.receive(rest.prefix(size)) { return response }
            rest = rest.dropFirst(size)
        }
        return try parser.finish()
    }

    static let good: [(text: String, status: Int, body: String)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, "abc"),
        ("HTTP/1.1 200\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabcdef", 200, "abc"),
        ("HTTP/1.0 404 Not Found\r\nX:\t a b \r\n\r\nto the end", 404, "to the end"),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, ""),
        ("HTTP/1.1 304 \r\n\r\n", 304, ""),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                + "HTTP/1.1 201 Created\r\nLocation: /rollouts/1\r\nContent-Length: 0\r\n\r\n", 201,
            ""
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n"
                + "2\r\nde\r\n0\r\nT: u\r\n\r\nbehind", 200, "abcde"
        ),
        ("HTTP/1.1 200 OK\r\n\r\n", 200, ""),
    ]

    @Test(arguments: good)
    func readsHoweverItComes(text: String, status: Int, body: String) throws {
        for size in [1, 2, 3, 7, 10_000] {
            let response = try Self.read(text, pieces: size)
            #expect(response.status == status)
            #expect(String(decoding: response.body, as: UTF8.self) == body)
        }
    }

    @Test func fieldsAreInLowerCaseAndTrimmed() throws {
        let response = try Self.read("HTTP/1.0 200 OK\r\nX-Y:\t a b \r\nx-y: c\r\n\r\n")
        #expect(response["x-y"] == "a b")
        #expect(response.fields.map(\.value) == ["a b", "c"])
        #expect(response["z"] == nil)
    }

    @Test(
        arguments: [
            ("", .unexpectedEnd), ("HTTP/1.1 200 OK\r\n", .unexpectedEnd),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", .unexpectedEnd),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", .unexpectedEnd),
            ("\u{15}\u{3}\u{3}", .malformedStatusLine),
            ("HTTP/2 200\r\n\r\n", .malformedStatusLine),
            ("HTTP/1.1 20 OK\r\n\r\n", .malformedStatusLine),
            ("HTTP/1.1 2000\r\n\r\n", .malformedStatusLine),
            ("HTTP/1.1 099 x\r\n\r\n", .malformedStatusLine),
            ("HTTP/1.1 101 x\r\n\r\n", .malformedStatusLine),
            ("HTTP/1.1  200 OK\r\n\r\n", .malformedStatusLine),
            ("HTTP/1.1 200 O\u{0}\r\n\r\n", .malformedStatusLine),
            ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", .malformedField),
            ("HTTP/1.1 200 OK\r\n: x\r\n\r\n", .malformedField),
            ("HTTP/1.1 200 OK\r\nA : x\r\n\r\n", .malformedField),
            ("HTTP/1.1 200 OK\r\nA: x\r\n folded\r\n\r\n", .malformedField),
            ("HTTP/1.1 200 OK\nA: x\r\n\r\n", .malformedField),
            ("HTTP/1.1 200 OK\r\nA: x\ry\r\n\r\n", .malformedField),
            ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .malformedContentLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n", .malformedContentLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n", .malformedContentLength),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999\r\n\r\n",
                .malformedContentLength
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                .malformedContentLength
            ),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", .bodyTooLarge),
            ("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 1001), .bodyTooLarge),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", .bodyTooLarge),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .unsupportedTransferCoding),
            ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .unsupportedTransferCoding),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
                .unsupportedTransferCoding
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
                .malformedChunk(.malformedChunkSize)
            ),
            (
                "HTTP/1.1 200 OK\r\nA: " + String(repeating: "x", count: 70_000) + "\r\n\r\n",
                .headTooLarge
            ),
        ] as [(String, ReceivedResponseError)])
    func refuses(_ text: String, _ error: ReceivedResponseError) {
        #expect(throws: error) { try Self.read(text) }
        #expect(throws: error) { try Self.read(text, pieces: 1) }
    }
}
