// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

struct HTTPResponseTests {
    private func serialized(
        _ response: HTTPResponse, _ connection: HTTPResponseSerializer.Connection = .keep,
        isHead: Bool = false
    ) -> String {
        var output: [UInt8] = []
        HTTPResponseSerializer(unixSeconds: 784_111_777)
            .append(response, connection: connection, isHead: isHead, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func writesHeadAndBody() {
        var response = HTTPResponse()
        response.body = Array("{}".utf8)
        #expect(
            serialized(response)
                == "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                + "Vary: Accept-Encoding\r\nContent-Type: application/json\r\n"
                + "Content-Length: 2\r\n\r\n{}")
        let head = serialized(response, .close, isHead: true)
        #expect(head.hasSuffix("Content-Length: 2\r\nConnection: close\r\n\r\n"))
    }

    @Test func noValueCanEndItsLine() {
        var response = HTTPResponse()
        response.appendField("Allow", text: "GET\r\nX: y\u{0}\u{7F}")
        #expect(serialized(response).contains("\r\nAllow: GETX: y\r\n\r\n"))
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ])
    func writesDates(_ seconds: Int, _ expected: String) {
        var bytes: [UInt8] = []
        HTTPDate.append(unixSeconds: seconds, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test(arguments: [
        (HTTPResponse.ContentType.json, "Accept-Encoding", "application/json"),
        (.problemJSON, "Accept-Encoding", "application/problem+json"),
        (.prometheusText, "Accept, Accept-Encoding", "text/plain; version=0.0.4; charset=utf-8"),
        (
            .openMetrics, "Accept, Accept-Encoding",
            "application/openmetrics-text; version=1.0.0; charset=utf-8"
        ),
    ])
    func saysWhatItIsAndWhatItDependsOn(
        _ type: HTTPResponse.ContentType, _ vary: String, _ value: String
    ) {
        var response = HTTPResponse()
        response.contentType = type
        let head = serialized(response)
        #expect(head.contains("\r\nVary: \(vary)\r\nContent-Type: \(value)\r\n"))
    }
}
