// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

/// For whose page a browser sends a request to `a`, or to `localhost:8080`.
struct RequestSiteTests {
    private static func isForeign(_ lines: String, host: String) throws -> Bool {
        var parser = HTTPRequestParser(limits: HTTPLimits())
        var bytes = Array("POST / HTTP/1.1\r\nHost: \(host)\r\n\(lines)\r\n".utf8)
        var span = bytes.mutableSpan
        let isComplete = try parser.parse(&span)
        try #require(isComplete)
        let request = parser.request
        return RequestSite.isForeign(request, in: bytes.span)
    }

    @Test(arguments: [
        "", "Sec-Fetch-Site: same-origin\r\n", "Sec-Fetch-Site: none\r\n",
        "Sec-Fetch-Site: same-origin\r\nOrigin: https://evil.example\r\n",
        "Origin: http://localhost:8080\r\n", "Origin: https://LOCALHOST:8080\r\n",
        "Sec-Fetch-Site: same-site\r\nOrigin: http://localhost:8080\r\n",
        "Sec-Fetch-Site: same-site\r\n", "Referer: https://evil.example/\r\n",
    ])
    func isOurs(_ lines: String) throws {
        #expect(try !Self.isForeign(lines, host: "localhost:8080"))
    }

    @Test(arguments: [
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: cross-site\r\nOrigin: http://localhost:8080\r\n",
        "Sec-Fetch-Site: same-site\r\nOrigin: http://localhost:3000\r\n",
        "Sec-Fetch-Site: what-is-new\r\nOrigin: http://localhost:3000\r\n",
        "Origin: http://localhost:3000\r\n", "Origin: http://localhost\r\n",
        "Origin: https://evil.example\r\n", "Origin: null\r\n", "Origin:\r\n", "Origin: ://\r\n",
        "Origin: localhost:8080\r\n", "Origin: http://localhost:8080/\r\n",
        "Origin: http://localhost:8080 http://localhost:8080\r\n",
        "Origin: http://x@localhost:8080\r\n", "Origin: http://localhost:80800\r\n",
    ])
    func isAnothers(_ lines: String) throws {
        #expect(try Self.isForeign(lines, host: "localhost:8080"))
    }

    @Test func comparesIPv6() throws {
        #expect(try !Self.isForeign("Origin: http://[::1]:9\r\n", host: "[::1]:9"))
        #expect(try Self.isForeign("Origin: http://[::2]:9\r\n", host: "[::1]:9"))
    }

    /// HTTP/1.0 knows no Host, and its browsers no Origin.
    @Test func comparesWithNoHost() throws {
        var parser = HTTPRequestParser(limits: HTTPLimits())
        var bytes = Array("POST / HTTP/1.0\r\nOrigin: http://a\r\n\r\n".utf8)
        var span = bytes.mutableSpan
        let isComplete = try parser.parse(&span)
        #expect(isComplete)
        let request = parser.request
        let isForeign = RequestSite.isForeign(request, in: bytes.span)
        #expect(isForeign)
    }
}
