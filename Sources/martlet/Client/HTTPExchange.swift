// SPDX-License-Identifier: Apache-2.0
package import HTTP1
package import OpenSSL
import Models
import Telemetry

/// Asks a server, one connection for each request. Blocks.
package struct HTTPExchange: Sendable {
    package let url: HTTPURL
    private let trust: TLSClientSession.Options
    private let timeoutMilliseconds: Int

    /// More than this of an answer is refused.
    private static let bodyBytesMax = 16 << 20

    /// - Parameter trust: for `https` only.
    package init(
        _ url: HTTPURL, trust: TLSClientSession.Options = .init(), timeoutMilliseconds: Int
    ) {
        self.url = url
        self.trust = trust
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    /// - Parameters:
    ///   - target: instead of the URL's own.
    ///   - fields: of whose values the caller knows that no line ends in them.
    ///   - body: JSON; `nil` for none.
    package func send(
        _ method: String, _ target: String? = nil, fields: [(name: String, value: String)] = [],
        body: [UInt8]? = nil
    ) throws(ExchangeError) -> ReceivedResponse {
        var head = "\(method) \(target ?? url.target) HTTP/1.1\r\nHost: \(url.authority)\r\n"
        head += "User-Agent: martlet/\(MartletVersion.current)\r\nAccept: application/json\r\n"
        head += "Connection: close\r\n"
        for field in fields { head += "\(field.name): \(field.value)\r\n" }
        if let body {
            head += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n"
        }
        let now = MonotonicClock.nanoseconds()
        let connection = try ClientConnection(
            to: url, trust, deadline: now + UInt64(max(1, timeoutMilliseconds)) * 1_000_000)
        try connection.write(Array("\(head)\r\n".utf8) + (body ?? []))
        var parser = ReceivedResponseParser(bodyBytesMax: Self.bodyBytesMax)
        while true {
            let bytes = try connection.read()
            do throws(ReceivedResponseError) {
                if bytes.isEmpty { return try parser.finish() }
                if let response = try parser.receive(bytes) { return response }
            } catch {
                throw .malformed(error)
            }
        }
    }
}
