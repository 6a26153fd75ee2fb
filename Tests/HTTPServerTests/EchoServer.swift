// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP1
import HTTPServer
import TLSTesting
import Telemetry
import Testing

/// A server whose `/echo` answers the body, `/later` the body from the compute queue, `/big` 50,000
/// dots and the body, `/nothing` a 204, and any other path a published word.
struct EchoServer {
    private final class Word {
        var text = "first"
    }

    let server: HTTPServer<String>
    let port: UInt16
    private let metrics: MetricsRegistry

    init(_ change: (inout HTTPServerConfiguration) -> Void = { _ in }) throws {
        var configuration = HTTPServerConfiguration(
            address: try SocketAddress("127.0.0.1:0"), loopCount: 2)
        change(&configuration)
        metrics = MetricsRegistry(loopCount: configuration.loopCount)
        let instruments = HTTPInstruments(
            registry: metrics, routes: ["unmatched", "/echo", "/later"])
        server = try HTTPServer<String>(configuration: configuration, instruments: instruments) {
            _ in
            let word = Word()
            return HTTPApplication(
                respond: { request, bytes, _, response in
                    let path = String(copying: bytes, request.path)
                    let body = Array(copying: bytes, request.body)
                    switch path {
                    case "/later":
                        response.route = 2
                        return .deferred(HTTPWork(express: { $0.body = body }))
                    case "/big": response.body = Array(repeating: 0x2E, count: 50_000) + body
                    case "/nothing": response.status = .noContent
                    case "/echo":
                        response.route = 1
                        response.body = body
                    default: response.body = Array(word.text.utf8)
                    }
                    return .answered
                }, receive: { word.text = $0 })
        }
        port = try server.start().port
    }

    func client() throws -> Client { try #require(Client(port: port, of: server)) }

    func scrape() -> String {
        var output: [UInt8] = []
        TextExposition.prometheus.append(metrics, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// Whether a scrape has the line within five seconds, or what a sanitizer makes of it.
    func tellsSoon(_ line: String) -> Bool {
        for _ in 0..<500 * Sanitizer.patience {
            if scrape().contains(line) { return true }
            usleep(10_000)
        }
        return false
    }

    /// What a client that sends this and then closes its side gets; `nil` when the server does not
    /// close.
    func exchange(_ text: String) throws -> String? {
        let client = try client()
        client.send(text)
        client.finishSending()
        return client.readToEnd()
    }

    static func post(_ path: String, _ body: String, _ fields: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}

extension String {
    fileprivate init(copying bytes: Span<UInt8>, _ range: Range<Int>) {
        self.init(decoding: Array(copying: bytes, range), as: UTF8.self)
    }
}

extension [UInt8] {
    fileprivate init(copying bytes: Span<UInt8>, _ range: Range<Int>) {
        self = bytes.extracting(range).withUnsafeBufferPointer { Array($0) }
    }
}
