// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

struct ContentCodingTests {
    @Test(
        arguments: [
            (nil, ContentCoding.identity), ("identity", .identity), ("Identity", .identity),
            ("", .identity), (" , ", .identity), ("gzip", .gzip), ("GZIP", .gzip),
            ("X-Gzip", .gzip),
            ("gzip,", .gzip), (", gzip", .gzip), ("gzip, gzip", .unsupported),
            ("gzip, identity", .unsupported), ("identity, gzip", .unsupported),
            ("br", .unsupported),
            ("deflate", .unsupported), ("zstd", .unsupported), ("compress", .unsupported),
            ("*", .unsupported), ("gzipp", .unsupported), ("gzi", .unsupported),
            ("gzip;q=1", .unsupported), ("gzip;", .unsupported), ("\"gzip\"", .unsupported),
            ("gzip gzip", .unsupported), ("gzip\u{FC}", .unsupported), ("gz\tip", .unsupported),
        ] as [(String?, ContentCoding)])
    func knowsHowTheBodyIsCoded(_ value: String?, _ expected: ContentCoding) throws {
        let fields = RequestFields("Content-Encoding", value)
        #expect(try fields.ask { ContentCoding($0, in: $1) } == expected)
    }
}
