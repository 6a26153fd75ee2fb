// SPDX-License-Identifier: Apache-2.0

/// Reads the head of a request line by line: request line, fields, and what they say together.
///
/// A line is passed without its CR LF and holds no other CR or LF.
struct HTTPHeadParser: Sendable {
    /// How the message ends, by RFC 9112 section 6.3.
    struct Framing {
        enum Body {
            case sized(Int)
            case chunked
        }

        var body = Body.sized(0)
        var expectsContinue = false
    }

    /// The authority of an absolute target.
    private var authority: Range<Int>?
    private var fieldCount = 0
    private var closes = false
    private var keepsAlive = false

    /// `method SP request-target SP HTTP-version` (RFC 9112 section 3).
    ///
    /// - Parameter methodEnd: where the SP behind the method stands; the method is a token.
    mutating func readRequestLine(
        _ bytes: inout MutableSpan<UInt8>, _ line: Range<Int>, methodEnd: Int,
        _ request: inout HTTPRequest
    ) throws(HTTPParseError) {
        let targetStart = methodEnd + 1
        let target = targetStart..<bytes.index(of: 0x20, in: targetStart..<line.upperBound)
        guard !target.isEmpty else { throw .malformedRequestLine }
        // HTTP/0.9 had no version.
        guard target.upperBound < line.upperBound else { throw .missingVersion }
        try readVersion(bytes, target.upperBound + 1..<line.upperBound, &request)
        guard let known = HTTPMethod(line.lowerBound..<methodEnd, in: bytes) else {
            throw .unknownMethod
        }
        request.method = known
        authority = try HTTPRequestTarget(target).read(&bytes, into: &request)
    }

    private func readVersion(
        _ bytes: borrowing MutableSpan<UInt8>, _ range: Range<Int>, _ request: inout HTTPRequest
    ) throws(HTTPParseError) {
        if bytes.equals("HTTP/1.1", range) { return }
        guard range.count == 8, bytes.equals("HTTP/", range.lowerBound..<range.lowerBound + 5),
            ByteClass.isDigit(bytes[range.lowerBound + 5]), bytes[range.lowerBound + 6] == 0x2E,
            ByteClass.isDigit(bytes[range.lowerBound + 7])
        else { throw .malformedVersion }
        guard bytes[range.lowerBound + 5] == 0x31 else { throw .unsupportedVersion }
        request.isHTTP10 = bytes[range.lowerBound + 7] == 0x30
    }

    /// `field-name ":" OWS field-value OWS` (RFC 9112 section 5).
    ///
    /// - Parameter hasControls: whether a control character, other than those that end it, stands
    ///   in the line.
    mutating func readField(
        _ bytes: borrowing MutableSpan<UInt8>, _ line: Range<Int>, hasControls: Bool,
        _ request: inout HTTPRequest, _ limits: HTTPLimits
    ) throws(HTTPParseError) {
        fieldCount += 1
        guard fieldCount <= limits.fieldCountMax else { throw .tooManyFields }
        if bytes[line.lowerBound] == 0x20 || bytes[line.lowerBound] == 0x09 { throw .lineFolding }
        let colon = bytes.index(of: 0x3A, in: line)
        let name = line.lowerBound..<colon
        // A name that is known is a token.
        let known = HTTPField(name, in: bytes)
        guard colon < line.upperBound, known != nil || bytes.isToken(name) else {
            throw .malformedFieldName
        }
        if hasControls, !bytes.isFieldValue(colon + 1..<line.upperBound) {
            throw .malformedFieldValue
        }
        guard let field = known else { return }
        let value = bytes.bytes.trimming(colon + 1..<line.upperBound)
        if field == .connection { readConnection(bytes, value) }
        if !request.hasSeen(field) {
            request[field] = value
            return
        }
        switch field {
        case .host: throw .duplicateHost
        case .contentLength: throw .duplicateContentLength
        case .transferEncoding: throw .duplicateTransferEncoding
        case _ where field.isSingleton: throw .duplicateField
        default: request.setRepeated(field)
        }
    }

    /// Looks for the two options that matter in a `Connection` list (RFC 9110 section 7.6.1).
    private mutating func readConnection(
        _ bytes: borrowing MutableSpan<UInt8>, _ value: Range<Int>
    ) {
        var start = value.lowerBound
        while start < value.upperBound {
            let option = bytes.listMember(of: value, from: start)
            start = option.upperBound + 1
            let name = bytes.bytes.trimming(option)
            if bytes.equalsIgnoringCase("close", name) { closes = true }
            if bytes.equalsIgnoringCase("keep-alive", name) { keepsAlive = true }
        }
    }

    /// Judges what no single line can tell, once the empty line has come.
    func finish(
        _ bytes: borrowing MutableSpan<UInt8>, _ request: inout HTTPRequest, _ limits: HTTPLimits
    ) throws(HTTPParseError) -> Framing {
        request.keepsAlive = request.isHTTP10 ? keepsAlive && !closes : !closes
        // What follows a CONNECT is meant for a tunnel and is no request.
        if request.method == .connect { request.keepsAlive = false }
        try HTTPRequestTarget.checkHost(bytes, request, authority: authority)
        var framing = Framing()
        if let coding = request[.transferEncoding] {
            guard request[.contentLength] == nil else { throw .contentLengthWithTransferEncoding }
            guard !request.isHTTP10 else { throw .transferEncodingInHTTP10 }
            try checkTransferCoding(bytes, coding)
            framing.body = .chunked
        } else if let length = request[.contentLength] {
            framing.body = .sized(try contentLength(bytes, length, limits))
        }
        if let expectation = request[.expect], !request.isHTTP10 {
            guard bytes.equalsIgnoringCase("100-continue", expectation) else {
                throw .unsupportedExpectation
            }
            framing.expectsContinue = true
        }
        return framing
    }

    /// `chunked` and nothing else (RFC 9112 section 6.1, 6.3).
    private func checkTransferCoding(
        _ bytes: borrowing MutableSpan<UInt8>, _ value: Range<Int>
    ) throws(HTTPParseError) {
        if bytes.equalsIgnoringCase("chunked", value) { return }
        var chunkedCount = 0
        var isChunkedLast = false
        var start = value.lowerBound
        repeat {
            let member = bytes.listMember(of: value, from: start)
            let coding = bytes.bytes.trimming(member)
            guard bytes.isToken(coding) else { throw .malformedTransferEncoding }
            isChunkedLast = bytes.equalsIgnoringCase("chunked", coding)
            if isChunkedLast { chunkedCount += 1 }
            start = member.upperBound + 1
        } while start <= value.upperBound
        guard isChunkedLast else { throw .chunkedNotFinal }
        throw chunkedCount > 1 ? .malformedTransferEncoding : .unsupportedTransferCoding
    }

    /// `1*DIGIT` (RFC 9110 section 8.6), at most 18 of them.
    private func contentLength(
        _ bytes: borrowing MutableSpan<UInt8>, _ value: Range<Int>, _ limits: HTTPLimits
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
}

extension MutableSpan<UInt8> {
    /// From `start` to the next comma of the list, or to its end.
    fileprivate func listMember(of list: Range<Int>, from start: Int) -> Range<Int> {
        var end = start
        while end < list.upperBound, self[end] != 0x2C { end += 1 }
        return start..<end
    }

    fileprivate func isToken(_ range: Range<Int>) -> Bool {
        for index in range where !ByteClass.isToken(self[index]) { return false }
        return !range.isEmpty
    }
}
