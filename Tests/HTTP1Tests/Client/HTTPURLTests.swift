// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

struct HTTPURLTests {
    @Test(
        arguments: [
            ("http://a.example", false, "a.example", 80, "/", "a.example"),
            ("HTTPS://a.example/", true, "a.example", 443, "/", "a.example"),
            ("https://a:8443/b/c?d=e%20f", true, "a", 8443, "/b/c?d=e%20f", "a:8443"),
            ("http://a?x", false, "a", 80, "/?x", "a"),
            ("http://[::1]:81/x", false, "::1", 81, "/x", "[::1]:81"),
            ("https://127.0.0.1:443", true, "127.0.0.1", 443, "/", "127.0.0.1"),
        ] as [(String, Bool, String, UInt16, String, String)])
    func reads(
        _ text: String, _ isSecure: Bool, _ host: String, _ port: UInt16, _ target: String,
        _ authority: String
    ) throws {
        let url = try #require(HTTPURL(text))
        #expect(url.isSecure == isSecure)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.target == target)
        #expect(url.authority == authority)
        #expect(url.origin == "\(isSecure ? "https" : "http")://\(authority)")
        #expect(HTTPURL(url.text) == url)
    }

    @Test(arguments: [
        "", "a.example", "//a", "ftp://a", "http://", "http:///x", "http://:80", "http://a:",
        "http://a:0", "http://a:65536", "http://a:+80", "http://a:80a", "http://u:p@a/",
        "http://u@a/", "http://a/#f", "http://a/ b", "http://a/\r\nX: y", "http://a b/",
        "http://[::1/", "http://[]/", "http://[a]/", "http://[::1]x/", "http://é/", "http://a/é",
        "http://%61/", "http://a/\u{7F}",
    ])
    func refuses(_ text: String) {
        #expect(HTTPURL(text) == nil)
    }
}
