// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

/// A request's field lines, parsed and asked about.
struct RequestFields: CustomStringConvertible {
    /// Each with its line end.
    let lines: String

    init(_ lines: String) { self.lines = lines }

    /// One line, or none where the value is `nil`.
    init(_ name: String, _ value: String?) { self.init(value.map { "\(name): \($0)\r\n" } ?? "") }

    var description: String { lines }

    func ask<Answer>(
        _ question: (borrowing HTTPRequest, Span<UInt8>) -> Answer
    ) throws -> Answer {
        var parser = HTTPRequestParser(limits: HTTPLimits())
        var bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n".utf8)
        var span = bytes.mutableSpan
        let isComplete = try parser.parse(&span)
        try #require(isComplete)
        let request = parser.request
        return question(request, bytes.span)
    }

    func acceptedCoding() throws -> AcceptedCoding { try ask { AcceptedCoding($0, in: $1) } }

    func weight(of type: HTTPResponse.ContentType) throws -> Int {
        try ask { Accept.weight(of: type, for: $0, in: $1) }
    }
}
