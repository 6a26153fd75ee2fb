// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing
import Zlib

/// The page's files as they are sent. What their scripts do is tried in a browser, by
/// Tests/Page/page.py.
struct PageTests {
    private static let bytesMax = 60 * 1024

    @Test(arguments: [
        ("/", "text/html"), ("/docs", "text/html"), ("/assets/martlet.css", "text/css"),
        ("/assets/page.js", "text/javascript"), ("/assets/docs.js", "text/javascript"),
    ])
    func saysWhatItIs(_ path: String, _ type: String) throws {
        let answer = try ServingFixture.serving().get(path)
        #expect(answer.status == 200)
        #expect(answer.head.contains("\r\nContent-Type: \(type); charset=utf-8\r\n"))
        #expect(answer.head.contains("\r\nX-Content-Type-Options: nosniff\r\n"))
        #expect(answer.head.contains("\r\nReferrer-Policy: no-referrer\r\n"))
        #expect(answer.head.contains("\r\nCache-Control: no-cache\r\n"))
    }

    /// Nothing from elsewhere, nothing inline, nothing made of text, in nobody's frame.
    @Test(arguments: ["/", "/docs"])
    func keepsABrowserToThisServer(_ path: String) throws {
        let head = try ServingFixture.serving().get(path).head
        let field = "\r\nContent-Security-Policy: "
        let lines = head.split(separator: "\r\n").filter { "\r\n\($0)".hasPrefix(field) }
        try #require(lines.count == 1)
        let policies = lines[0].dropFirst(field.utf8.count - 2).split(separator: "; ")
        for policy in [
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
            "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        ] {
            #expect(policies.contains { $0 == policy }, "\(policy)")
        }
        #expect(!head.contains("unsafe-"))
    }

    /// All that the two pages load, and what that loads, is there, has the type that a browser asks
    /// for, and is small together.
    @Test func sendsAllThatItNames() throws {
        let fixture = try ServingFixture.serving()
        var waiting = ["/", "/docs"]
        var seen: Set<String> = []
        var byteCount = 0
        while let path = waiting.popLast() {
            guard seen.insert(path).inserted else { continue }
            let answer = try fixture.get(path)
            #expect(answer.status == 200, "\(path)")
            byteCount += answer.bytes.count
            let words = answer.body.split(separator: "\"")
            let elsewhere = words.filter { word in
                // A space begins a comment.
                ["http:", "https:", "//"].contains { word.hasPrefix($0) }
                    && !word.hasPrefix("// ")
            }
            #expect(elsewhere.allSatisfy { $0 == "http://www.w3.org/2000/svg" }, "\(path)")
            for word in words where word.hasPrefix("assets/") { waiting.append("/\(word)") }
            for word in words where word.hasPrefix("./") && word.hasSuffix(".js") {
                waiting.append("/assets/\(word.dropFirst(2))")
            }
        }
        #expect(seen.count == 15)
        #expect(byteCount < Self.bytesMax)
    }

    @Test func isCompressedForWhoTakesIt() throws {
        let fixture = try ServingFixture.serving()
        let plain = try fixture.get("/assets/page.js")
        let coded = try fixture.send(
            "GET /assets/page.js HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip, br\r\n\r\n")
        #expect(!plain.head.contains("Content-Encoding"))
        #expect(coded.head.contains("\r\nContent-Encoding: gzip\r\n"))
        #expect(coded.head.contains("\r\nVary: Accept-Encoding\r\n"))
        #expect(coded.bytes.count < plain.bytes.count)
        let decoded = try Gzip.decompress(coded.bytes)
        #expect(decoded == plain.bytes)
    }

    /// What a browser sends for a page, and what rules one out.
    @Test(arguments: [
        ("GET", "text/html,application/xhtml+xml,*/*;q=0.8", 200), ("HEAD", "*/*", 200),
        ("GET", "application/json", 406), ("POST", "*/*", 405),
    ])
    func judgesARequest(_ method: String, _ accept: String, _ status: Int) throws {
        let answer = try ServingFixture.serving().send(
            "\(method) / HTTP/1.1\r\nHost: a\r\nAccept: \(accept)\r\nContent-Length: 0\r\n\r\n")
        #expect(answer.status == status)
    }
}
