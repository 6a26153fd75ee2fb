// SPDX-License-Identifier: Apache-2.0

/// Parses one request at a time from bytes that arrive in any pieces.
///
/// Strict: any doubt about where a message ends is an error, never a guess (RFC 9112). The caller
/// passes the bytes from the message's first one on, each time with whatever has been added; no
/// byte is looked at twice to find the end of the head, and chunks are decoded in place.
package struct HTTPRequestParser: Sendable {
    private enum Phase {
        case head
        case sizedBody
        case chunkedBody(ChunkedDecoder)
    }

    private let limits: HTTPLimits
    private var phase = Phase.head
    private var scanned = 0
    private var lineCount = 0
    /// Where the request line begins: behind an empty line, if there was one.
    private var start = 0
    private var continues = false
    package private(set) var request = HTTPRequest()

    package init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Whether nothing of a message has been seen.
    package var isAtStart: Bool { scanned == 0 }

    /// Whether the head has been read and the body has not.
    package var isInBody: Bool {
        if case .head = phase { false } else { true }
    }

    package mutating func reset() {
        self = HTTPRequestParser(limits: limits)
    }

    /// Whether the client waits for a 100 before it sends its body; true once.
    package mutating func takeContinue() -> Bool {
        defer { continues = false }
        return continues
    }

    /// Reads on; returns whether the request is complete.
    ///
    /// - Throws: the first rule that the message breaks.
    package mutating func parse(
        _ bytes: inout MutableSpan<UInt8>
    ) throws(HTTPParseError) -> Bool {
        if case .head = phase {
            guard try scanHead(bytes) else { return false }
            let head = HTTPHeadParser(start: start, end: scanned, limits: limits)
            let framing = try head.parse(&bytes, into: &request)
            begin(framing, bufferedByteCount: bytes.count)
        }
        switch phase {
        case .head: return false
        case .sizedBody:
            guard request.body.upperBound <= bytes.count else { return false }
            request.byteCount = request.body.upperBound
            return true
        case .chunkedBody(var decoder):
            let isComplete = try decoder.decode(&bytes)
            phase = .chunkedBody(decoder)
            request.body = scanned..<decoder.bodyEnd
            request.byteCount = decoder.position
            return isComplete
        }
    }

    private mutating func begin(_ framing: HTTPHeadParser.Framing, bufferedByteCount: Int) {
        switch framing.body {
        case .sized(let count):
            phase = .sizedBody
            request.body = scanned..<scanned + count
            continues = framing.expectsContinue && count > 0
        case .chunked:
            phase = .chunkedBody(ChunkedDecoder(at: scanned, limits: limits))
            continues = framing.expectsContinue
        }
        // A body that has begun to arrive needs no invitation (RFC 9110 section 10.1.1).
        if bufferedByteCount > scanned { continues = false }
    }

    /// Looks for the empty line that ends the head. Line ends are CR LF and nothing else.
    private mutating func scanHead(
        _ bytes: borrowing MutableSpan<UInt8>
    ) throws(HTTPParseError) -> Bool {
        while true {
            let end = bytes.indexOfLineEnd(from: scanned)
            if lineCount == 0, end - start > limits.requestLineBytesMax {
                throw .requestLineTooLong
            }
            if end - start > limits.headBytesMax { throw .headTooLarge }
            scanned = end
            guard end < bytes.count else { return false }
            guard bytes[end] == 0x0D else { throw .bareLineFeed }
            guard end + 1 < bytes.count else { return false }
            guard bytes[end + 1] == 0x0A else { throw .bareCarriageReturn }
            scanned = end + 2
            if try endLine() { return true }
        }
    }

    /// Where the line that ends now began, behind `start`.
    private var lineStart = 0

    private mutating func endLine() throws(HTTPParseError) -> Bool {
        let isEmpty = scanned - lineStart == 2
        lineStart = scanned
        if isEmpty, lineCount == 0 {
            // One empty line before a request is forgiven (RFC 9112 section 2.2).
            guard start == 0 else { throw .malformedRequestLine }
            start = scanned
            return false
        }
        lineCount += 1
        return isEmpty
    }
}
