// SPDX-License-Identifier: Apache-2.0

/// Writes responses as HTTP/1.1 messages behind one another into a buffer.
///
/// The status line says HTTP/1.1 whatever the request said (RFC 9110 section 2.5). Nothing is
/// allocated while the buffer has room.
package struct HTTPResponseSerializer: Sendable {
    package enum Connection: Sendable {
        /// What the protocol version does by default; nothing is said.
        case keep
        /// Said aloud to an HTTP/1.0 client that asked for it.
        case keepAlive
        case close
    }

    /// `Date: …\r\n`, refreshed by the owner once a second.
    private var date: [UInt8] = []

    /// Writes no Date until it is told one.
    package init() {}

    package init(unixSeconds: Int) {
        setDate(unixSeconds: unixSeconds)
    }

    package mutating func setDate(unixSeconds: Int) {
        date.removeAll(keepingCapacity: true)
        date.append("Date: ")
        HTTPDate.append(unixSeconds: unixSeconds, to: &date)
        date.append("\r\n")
    }

    /// - Parameter isHead: sends the head of the answer to HEAD, with the length that GET would
    ///   have, and no body (RFC 9110 section 9.3.2).
    package func append(
        _ response: borrowing HTTPResponse, connection: Connection, isHead: Bool,
        to output: inout [UInt8]
    ) {
        let status = response.status
        output.append("HTTP/1.1 ")
        output.append(decimal: status.code)
        output.append(0x20)
        output.append(status.reasonPhrase)
        output.append("\r\n")
        output.append(contentsOf: date)
        if status != .noContent {
            output.append("Content-Type: ")
            output.append(response.contentType.value)
            output.append("\r\nContent-Length: ")
            output.append(decimal: response.body.count)
            output.append("\r\n")
        }
        switch connection {
        case .keep: break
        case .keepAlive: output.append("Connection: keep-alive\r\n")
        case .close: output.append("Connection: close\r\n")
        }
        output.append(contentsOf: response.fields)
        output.append("\r\n")
        if !isHead, status != .noContent { output.append(contentsOf: response.body) }
    }

    /// Tells a waiting client to send its body (RFC 9110 section 10.1.1).
    package static func appendContinue(to output: inout [UInt8]) {
        output.append("HTTP/1.1 100 Continue\r\n\r\n")
    }
}

extension [UInt8] {
    @inline(__always)
    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    mutating func append(decimal number: Int) {
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(0x30 + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }
}
