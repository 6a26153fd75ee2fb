// SPDX-License-Identifier: Apache-2.0

/// Reads the head of a request whose end is known: request line and fields.
struct HTTPHeadParser {
    /// How the message ends, by RFC 9112 section 6.3.
    struct Framing {
        enum Body {
            case sized(Int)
            case chunked
        }

        var body = Body.sized(0)
        var expectsContinue = false
    }

    let start: Int
    /// Behind the empty line.
    let end: Int
    let limits: HTTPLimits

    /// - Precondition: every line of the head ends in CR LF, with no other CR or LF in it.
    func parse(
        _ bytes: inout MutableSpan<UInt8>, into request: inout HTTPRequest
    ) throws(HTTPParseError) -> Framing {
        var lineEnd = bytes.indexOfLineEnd(from: start)
        let target = HTTPRequestTarget(try readRequestLine(bytes, start..<lineEnd, &request))
        let authority = try target.read(&bytes, into: &request)
        var connection = ConnectionOptions()
        var fieldCount = 0
        var lineStart = lineEnd + 2
        while lineStart < end - 2 {
            fieldCount += 1
            guard fieldCount <= limits.fieldCountMax else { throw .tooManyFields }
            lineEnd = bytes.indexOfLineEnd(from: lineStart)
            try readField(bytes, lineStart..<lineEnd, &request, &connection)
            lineStart = lineEnd + 2
        }
        request.keepsAlive =
            request.isHTTP10 ? connection.keepAlive && !connection.close : !connection.close
        // What follows a CONNECT is meant for a tunnel and is no request.
        if request.method == .connect { request.keepsAlive = false }
        try HTTPRequestTarget.checkHost(bytes, request, authority: authority)
        return try framing(bytes, request)
    }

    private struct ConnectionOptions {
        var close = false
        var keepAlive = false
    }

    /// `method SP request-target SP HTTP-version` (RFC 9112 section 3).
    private func readRequestLine(
        _ bytes: borrowing MutableSpan<UInt8>, _ line: Range<Int>, _ request: inout HTTPRequest
    ) throws(HTTPParseError) -> Range<Int> {
        var index = line.lowerBound
        while index < line.upperBound, ByteClass.isToken(bytes[index]) { index += 1 }
        let method = line.lowerBound..<index
        guard !method.isEmpty, index < line.upperBound, bytes[index] == 0x20 else {
            throw .malformedRequestLine
        }
        let targetStart = index + 1
        index = targetStart
        while index < line.upperBound, bytes[index] != 0x20 { index += 1 }
        let target = targetStart..<index
        guard !target.isEmpty, index < line.upperBound else { throw .malformedRequestLine }
        try readVersion(bytes, index + 1..<line.upperBound, &request)
        guard let known = HTTPMethod(method, in: bytes) else { throw .unknownMethod }
        request.method = known
        return target
    }

    private func readVersion(
        _ bytes: borrowing MutableSpan<UInt8>, _ range: Range<Int>, _ request: inout HTTPRequest
    ) throws(HTTPParseError) {
        guard range.count == 8, bytes.equals("HTTP/", range.lowerBound..<range.lowerBound + 5),
            ByteClass.isDigit(bytes[range.lowerBound + 5]), bytes[range.lowerBound + 6] == 0x2E,
            ByteClass.isDigit(bytes[range.lowerBound + 7])
        else { throw .malformedVersion }
        guard bytes[range.lowerBound + 5] == 0x31 else { throw .unsupportedVersion }
        request.isHTTP10 = bytes[range.lowerBound + 7] == 0x30
    }

    /// `field-name ":" OWS field-value OWS` (RFC 9112 section 5).
    private func readField(
        _ bytes: borrowing MutableSpan<UInt8>, _ line: Range<Int>, _ request: inout HTTPRequest,
        _ connection: inout ConnectionOptions
    ) throws(HTTPParseError) {
        if bytes[line.lowerBound] == 0x20 || bytes[line.lowerBound] == 0x09 { throw .lineFolding }
        var colon = line.lowerBound
        while colon < line.upperBound, ByteClass.isToken(bytes[colon]) { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound, bytes[colon] == 0x3A else {
            throw .malformedFieldName
        }
        var value = colon + 1..<line.upperBound
        guard bytes.isFieldValue(value) else { throw .malformedFieldValue }
        while let first = value.first, bytes[first] == 0x20 || bytes[first] == 0x09 {
            value.removeFirst()
        }
        while let last = value.last, bytes[last] == 0x20 || bytes[last] == 0x09 {
            value.removeLast()
        }
        guard let field = HTTPField(line.lowerBound..<colon, in: bytes) else { return }
        if field == .connection { readConnection(bytes, value, &connection) }
        if !request.hasSeen(field) {
            request[field] = value
        } else if field.isSingleton {
            throw .duplicateField
        } else {
            request.setRepeated(field)
        }
    }

    /// Looks for the two options that matter in a `Connection` list (RFC 9110 section 7.6.1).
    private func readConnection(
        _ bytes: borrowing MutableSpan<UInt8>, _ value: Range<Int>,
        _ connection: inout ConnectionOptions
    ) {
        var start = value.lowerBound
        while start < value.upperBound {
            var end = start
            while end < value.upperBound, bytes[end] != 0x2C { end += 1 }
            var option = start..<end
            while let first = option.first, bytes[first] == 0x20 || bytes[first] == 0x09 {
                option.removeFirst()
            }
            while let last = option.last, bytes[last] == 0x20 || bytes[last] == 0x09 {
                option.removeLast()
            }
            if bytes.equalsIgnoringCase("close", option) { connection.close = true }
            if bytes.equalsIgnoringCase("keep-alive", option) { connection.keepAlive = true }
            start = end + 1
        }
    }

    private func framing(
        _ bytes: borrowing MutableSpan<UInt8>, _ request: HTTPRequest
    ) throws(HTTPParseError) -> Framing {
        var framing = Framing()
        if let coding = request[.transferEncoding] {
            guard request[.contentLength] == nil else { throw .contentLengthWithTransferEncoding }
            guard !request.isHTTP10 else { throw .transferEncodingInHTTP10 }
            guard bytes.equalsIgnoringCase("chunked", coding) else {
                throw Self.isToken(bytes, coding)
                    ? .unsupportedTransferCoding : .malformedTransferEncoding
            }
            framing.body = .chunked
        } else if let length = request[.contentLength] {
            framing.body = .sized(try contentLength(bytes, length))
        }
        if let expectation = request[.expect], !request.isHTTP10 {
            guard bytes.equalsIgnoringCase("100-continue", expectation) else {
                throw .unsupportedExpectation
            }
            framing.expectsContinue = true
        }
        return framing
    }

    /// `1*DIGIT` (RFC 9110 section 8.6), at most 18 of them.
    private func contentLength(
        _ bytes: borrowing MutableSpan<UInt8>, _ value: Range<Int>
    ) throws(HTTPParseError) -> Int {
        guard 1...18 ~= value.count else { throw .malformedContentLength }
        var length = 0
        for index in value {
            guard ByteClass.isDigit(bytes[index]) else { throw .malformedContentLength }
            length = length * 10 + Int(bytes[index] - 0x30)
        }
        guard length <= limits.bodyBytesMax else { throw .bodyTooLarge }
        return length
    }

    private static func isToken(
        _ bytes: borrowing MutableSpan<UInt8>, _ range: Range<Int>
    ) -> Bool {
        for index in range where !ByteClass.isToken(bytes[index]) { return false }
        return !range.isEmpty
    }
}
