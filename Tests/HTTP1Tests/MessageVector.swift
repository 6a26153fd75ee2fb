// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Testing

/// What a parser makes of a message.
enum Verdict: Equatable, Sendable {
    case request(HTTPMethod, path: String, body: String)
    case refused(HTTPParseError)
    case incomplete

    /// A GET of the root.
    static let get = Verdict.request(.get, path: "/", body: "")
    /// A POST to the root without a body.
    static let post = Verdict.post("")

    static func get(_ path: String) -> Verdict { .request(.get, path: path, body: "") }

    static func post(_ body: String) -> Verdict { .request(.post, path: "/", body: body) }
}

/// All that a parser says about a message, for comparison with what it says when the message comes
/// in other pieces.
struct Reading: Equatable, Sendable {
    var verdict = Verdict.incomplete
    var query: String?
    var isHTTP10 = false
    var keepsAlive = false
    var byteCount = 0
    var fields: [HTTPField: String] = [:]

    /// Feeds the message in pieces that end at `cuts`.
    init(_ message: [UInt8], cuts: [Int] = [], limits: HTTPLimits = HTTPLimits()) {
        var parser = HTTPRequestParser(limits: limits)
        var buffer: [UInt8] = []
        for cut in cuts + [message.count] {
            buffer += message[buffer.count..<cut]
            do throws(HTTPParseError) {
                var span = buffer.mutableSpan
                guard try parser.parse(&span) else { continue }
                read(parser.request, buffer)
            } catch {
                verdict = .refused(error)
            }
            return
        }
    }

    private mutating func read(_ request: HTTPRequest, _ buffer: [UInt8]) {
        func text(_ range: Range<Int>) -> String { String(decoding: buffer[range], as: UTF8.self) }
        verdict = .request(request.method, path: text(request.path), body: text(request.body))
        query = request.query.map(text)
        isHTTP10 = request.isHTTP10
        keepsAlive = request.keepsAlive
        byteCount = request.byteCount
        for field in HTTPField.allCases { fields[field] = request[field].map(text) }
    }
}

/// A message and the verdict that the rules demand.
struct MessageVector: Sendable, CustomTestStringConvertible {
    let text: String
    let expected: Verdict

    /// - Parameter text: each character stands for one byte, up to U+00FF.
    init(_ text: String, _ expected: Verdict) {
        self.text = text
        self.expected = expected
    }

    var bytes: [UInt8] { Array(latin1: text) }

    var testDescription: String { String(reflecting: text.prefix(160)) }

    /// Requests to `/` with the request line given and a Host.
    static func requestLine(_ line: String, _ expected: Verdict) -> MessageVector {
        MessageVector("\(line)\r\nHost: a\r\n\r\n", expected)
    }

    /// A GET of the target given.
    static func target(_ target: String, _ expected: Verdict) -> MessageVector {
        requestLine("GET \(target) HTTP/1.1", expected)
    }

    /// A GET with the field lines given behind its Host.
    static func fields(_ lines: String, _ expected: Verdict) -> MessageVector {
        MessageVector("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n", expected)
    }

    /// A GET with the Host given.
    static func host(_ value: String, _ expected: Verdict) -> MessageVector {
        MessageVector("GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n", expected)
    }

    /// A POST with the field lines and the bytes behind its head given.
    static func post(_ lines: String, _ rest: String, _ expected: Verdict) -> MessageVector {
        MessageVector("POST / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n\(rest)", expected)
    }

    /// A chunked POST.
    static func chunks(_ chunks: String, _ expected: Verdict) -> MessageVector {
        post("Transfer-Encoding: chunked", chunks, expected)
    }

    func check(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(Reading(bytes).verdict == expected, sourceLocation: sourceLocation)
    }
}

extension [UInt8] {
    init(latin1 text: String) {
        self = text.unicodeScalars.map { UInt8($0.value) }
    }
}

/// A repeatable source of chance (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
