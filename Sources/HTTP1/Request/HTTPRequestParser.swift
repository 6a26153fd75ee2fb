// SPDX-License-Identifier: Apache-2.0

/// Parses one request at a time from bytes that arrive in any pieces.
///
/// Strict: any doubt about where a message ends is an error, never a guess (RFC 9112). The caller
/// passes the bytes from the message's first one on, each time with whatever has been added. Each
/// line is judged when its end has come, so that what is no HTTP/1.1 is refused without waiting for
/// more, and in the same way however the bytes are cut; chunks are decoded in place.
package struct HTTPRequestParser: Sendable {
    private enum Phase {
        /// The method, and an empty line before it.
        case start
        case head
        case sizedBody
        case chunkedBody(ChunkedDecoder)
    }

    /// A longer word cannot be a method that this server knows.
    private static let methodBytesMax = 32

    private let limits: HTTPLimits
    private var phase = Phase.start
    private var head = HTTPHeadParser()
    private var scanned = 0
    /// Where the request line begins: behind an empty line, if there was one.
    private var start = 0
    private var methodEnd = 0
    private var lineStart = 0
    /// Whether the line that is being read has a control character before its end.
    private var hasControls = false
    private var continues = false
    package private(set) var request = HTTPRequest()

    package init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Whether any of a message has come; an empty line before it is none of it.
    package var hasBegun: Bool {
        if case .start = phase { scanned > start } else { true }
    }

    /// Whether the head has been read and the body has not.
    package var isInBody: Bool {
        switch phase {
        case .start, .head: false
        case .sizedBody, .chunkedBody: true
        }
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
        if case .start = phase {
            guard try readMethod(bytes) else { return false }
            phase = .head
        }
        if case .head = phase {
            guard try readHead(&bytes) else { return false }
            let framing = try head.finish(bytes, &request, limits)
            begin(framing, bufferedByteCount: bytes.count)
        }
        switch phase {
        case .start, .head: return false
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

    /// Judges the method byte by byte: what speaks another protocol may never send a line's end.
    private mutating func readMethod(
        _ bytes: borrowing MutableSpan<UInt8>
    ) throws(HTTPParseError) -> Bool {
        while scanned < bytes.count {
            let byte = bytes[scanned]
            if ByteClass.isToken(byte) {
                scanned += 1
                guard scanned - start <= Self.methodBytesMax else { throw .unknownMethod }
                continue
            }
            switch byte {
            case 0x20 where scanned > start:
                methodEnd = scanned
                return true
            case 0x0D where scanned == 0:
                // One empty line before a request is forgiven (RFC 9112 section 2.2).
                guard bytes.count > 1 else { return false }
                guard bytes[1] == 0x0A else { throw .bareCarriageReturn }
                start = 2
                scanned = 2
                lineStart = 2
            case 0x0A: throw .bareLineFeed
            // The first byte of a TLS record that holds a handshake (RFC 8446 section 5.1).
            case 0x16 where scanned == 0: throw .clientHello
            default: throw .malformedRequestLine
            }
        }
        return false
    }

    /// Reads line after line, up to the empty one. Line ends are CR LF and nothing else.
    private mutating func readHead(
        _ bytes: inout MutableSpan<UInt8>
    ) throws(HTTPParseError) -> Bool {
        while true {
            var end = bytes.indexOfControl(from: scanned)
            while end < bytes.count, bytes[end] != 0x0D, bytes[end] != 0x0A {
                hasControls = true
                end = bytes.indexOfControl(from: end + 1)
            }
            if lineStart == start, end - start > limits.requestLineBytesMax {
                throw .requestLineTooLong
            }
            if end - start > limits.headBytesMax { throw .headTooLarge }
            scanned = end
            guard end < bytes.count else { return false }
            guard bytes[end] == 0x0D else { throw .bareLineFeed }
            guard end + 1 < bytes.count else { return false }
            guard bytes[end + 1] == 0x0A else { throw .bareCarriageReturn }
            scanned = end + 2
            let line = lineStart..<end
            lineStart = scanned
            if line.isEmpty { return true }
            if line.lowerBound == start {
                try head.readRequestLine(&bytes, line, methodEnd: methodEnd, &request)
            } else {
                try head.readField(bytes, line, hasControls: hasControls, &request, limits)
            }
            hasControls = false
        }
    }
}
