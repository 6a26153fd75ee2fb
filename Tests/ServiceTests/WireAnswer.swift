// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

/// An answer as it came over a connection.
struct WireAnswer {
    let status: Int
    /// Names in lower case, in the order in which they came.
    let fields: [(name: String, value: String)]
    let body: [UInt8]

    init(head: String, body: [UInt8]) throws {
        var lines = head.split(separator: "\r\n")
        let start = lines.removeFirst().split(separator: " ")
        try #require(start.count >= 2 && start[0] == "HTTP/1.1", "\(head)")
        status = try #require(Int(start[1]))
        fields = try lines.map { line in
            let colon = try #require(line.firstIndex(of: ":"))
            return (
                line[..<colon].lowercased(), String(line[line.index(colon, offsetBy: 2)...])
            )
        }
        self.body = body
    }

    subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The end of a problem's `type`.
    var slug: String? {
        (try? JSONValue(parsing: text))?["type"]?.string.map {
            String($0.dropFirst("urn:martlet:problem:".count))
        }
    }
}

extension KeepAlive {
    /// Sends a request and reads its answer, neither less nor more.
    func answer(_ request: [UInt8], isHead: Bool = false) throws -> WireAnswer {
        var bytes = try #require(exchange(request), "no answer")
        let end = Array("\r\n\r\n".utf8)
        while bytes.firstRange(of: end) == nil { bytes += try #require(exchange([])) }
        let headEnd = try #require(bytes.firstRange(of: end)).upperBound
        let head = String(decoding: bytes[..<headEnd], as: UTF8.self)
        let length = try WireAnswer(head: head, body: [])["content-length"]
        let count = isHead ? 0 : try length.map { try #require(Int($0)) } ?? 0
        while bytes.count < headEnd + count { bytes += try #require(exchange([])) }
        #expect(bytes.count == headEnd + count, "bytes behind the answer")
        return try WireAnswer(head: head, body: Array(bytes[headEnd...]))
    }

    func answer(_ request: String, isHead: Bool = false) throws -> WireAnswer {
        try answer(Array(request.utf8), isHead: isHead)
    }

    /// Whether the server has said that nothing more comes.
    var isEnded: Bool { exchange([]) == nil }
}
