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
    /// What a good answer in JSON begins with, up to its length: the same for a second.
    private var usualStart: [UInt8] = []
    /// Room for any status line, Date, Content-Type, length and Connection.
    private static let headBytesMax = 512

    /// Writes no Date until it is told one.
    package init() {
        setUsualStart()
    }

    package init(unixSeconds: Int) {
        setDate(unixSeconds: unixSeconds)
    }

    package mutating func setDate(unixSeconds: Int) {
        date.removeAll(keepingCapacity: true)
        date.append("Date: ")
        HTTPDate.append(unixSeconds: unixSeconds, to: &date)
        date.append("\r\n")
        setUsualStart()
    }

    private mutating func setUsualStart() {
        usualStart = [UInt8](capacity: Self.headBytesMax) { start in
            appendStart(.ok, .json, to: &start)
        }
    }

    private func appendStart(
        _ status: HTTPStatus, _ contentType: HTTPResponse.ContentType,
        to output: inout OutputSpan<UInt8>
    ) {
        output.append("HTTP/1.1 ")
        output.append(decimal: status.code)
        output.append(0x20)
        output.append(status.reasonPhrase)
        output.append("\r\n")
        output.append(date.span)
        guard status != .noContent else { return }
        output.append("Vary: ")
        output.append(contentType.vary)
        output.append("\r\nContent-Type: ")
        output.append(contentType.value)
        output.append("\r\nContent-Length: ")
    }

    /// - Parameter isHead: sends the head of the answer to HEAD, with the length that GET would
    ///   have, and no body (RFC 9110 section 9.3.2).
    package func append(
        _ response: borrowing HTTPResponse, connection: Connection, isHead: Bool,
        to output: inout [UInt8]
    ) {
        let hasBody = response.status != .noContent
        let isUsual = response.status == .ok && response.contentType == .json
        let capacity = Self.headBytesMax + response.fields.count + response.body.count
        output.append(addingCapacity: capacity) { output in
            if isUsual {
                output.append(usualStart.span)
            } else {
                appendStart(response.status, response.contentType, to: &output)
            }
            if hasBody {
                output.append(decimal: response.body.count)
                output.append("\r\n")
            }
            switch connection {
            case .keep: break
            case .keepAlive: output.append("Connection: keep-alive\r\n")
            case .close: output.append("Connection: close\r\n")
            }
            output.append(response.fields.span)
            output.append("\r\n")
            if !isHead, hasBody { output.append(response.body.span) }
        }
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
        append(addingCapacity: 20) { $0.append(decimal: number) }
    }
}
