// SPDX-License-Identifier: Apache-2.0

/// The target of a request line (RFC 9112 section 3.2), and the host it must agree with.
struct HTTPRequestTarget {
    private let range: Range<Int>

    init(_ range: Range<Int>) {
        self.range = range
    }

    /// Splits the target into path and query, and normalises the path, in place.
    ///
    /// - Returns: the authority of an absolute target, which replaces the Host field.
    func read(
        _ bytes: inout MutableSpan<UInt8>, into request: inout HTTPRequest
    ) throws(HTTPParseError) -> Range<Int>? {
        if request.method == .connect {
            // authority-form; no tunnel is ever made, so only its characters are checked.
            guard HTTPAuthority.isValid(range, in: bytes) else { throw .malformedTarget }
            request.path = range
            return nil
        }
        if bytes.equals("*", range) {
            guard request.method == .options else { throw .malformedTarget }
            request.path = range
            return nil
        }
        var pathStart = range.lowerBound
        var authority: Range<Int>?
        if bytes[pathStart] != 0x2F {
            authority = try absoluteAuthority(bytes)
            pathStart = authority?.upperBound ?? range.upperBound
        }
        try split(&bytes, pathStart..<range.upperBound, into: &request)
        return authority
    }

    private func absoluteAuthority(
        _ bytes: borrowing MutableSpan<UInt8>
    ) throws(HTTPParseError) -> Range<Int> {
        let start: Int
        if range.count > 7,
            bytes.equalsIgnoringCase("http", range.lowerBound..<range.lowerBound + 4),
            bytes.equals("://", range.lowerBound + 4..<range.lowerBound + 7)
        {
            start = range.lowerBound + 7
        } else if range.count > 8,
            bytes.equalsIgnoringCase("https", range.lowerBound..<range.lowerBound + 5),
            bytes.equals("://", range.lowerBound + 5..<range.lowerBound + 8)
        {
            start = range.lowerBound + 8
        } else {
            throw .malformedTarget
        }
        var end = start
        while end < range.upperBound, bytes[end] != 0x2F, bytes[end] != 0x3F { end += 1 }
        guard HTTPAuthority.isValid(start..<end, in: bytes) else { throw .malformedTarget }
        return start..<end
    }

    private func split(
        _ bytes: inout MutableSpan<UInt8>, _ rest: Range<Int>, into request: inout HTTPRequest
    ) throws(HTTPParseError) {
        if isPlain(rest, in: bytes) {
            request.path = rest
            return
        }
        var pathEnd = rest.upperBound
        var hasEscapes = false
        var hasDotSegments = false
        var previous: UInt8 = 0
        var escapes = UTF8Sequence()
        var index = rest.lowerBound
        while index < rest.upperBound {
            var byte = bytes[index]
            guard ByteClass.isTarget(byte) else { throw .malformedTarget }
            if byte == 0x3F, pathEnd == rest.upperBound {
                pathEnd = index
                request.query = index + 1..<rest.upperBound
            }
            if byte == 0x25 {
                byte = try escaped(bytes, index, before: rest.upperBound)
                guard escapes.accepts(byte) else { throw .malformedEscape }
                hasEscapes = true
                index += 2
            } else if !escapes.isComplete {
                throw .malformedEscape
            }
            if previous == 0x2F, byte == 0x2E { hasDotSegments = true }
            previous = byte
            index += 1
        }
        guard escapes.isComplete else { throw .malformedEscape }
        request.path = rest.lowerBound..<pathEnd
        if hasEscapes {
            request.path = PathSegments.unescapeUnreserved(request.path, in: &bytes)
        }
        if hasDotSegments { request.path = try PathSegments.removeDots(request.path, in: &bytes) }
    }

    /// Whether there is nothing to split, to undo or to take out, as in most targets.
    private func isPlain(_ range: Range<Int>, in bytes: borrowing MutableSpan<UInt8>) -> Bool {
        for index in range where !ByteClass.isPlainPath(bytes[index]) { return false }
        return true
    }

    /// The byte of a percent escape; none may stand for a control character (RFC 3986 section 7.3).
    private func escaped(
        _ bytes: borrowing MutableSpan<UInt8>, _ percent: Int, before end: Int
    ) throws(HTTPParseError) -> UInt8 {
        guard let byte = bytes.escapedByte(at: percent, before: end), byte >= 0x20, byte != 0x7F
        else { throw .malformedEscape }
        return byte
    }

    /// Exactly one good Host on HTTP/1.1 (RFC 9112 section 3.2), equal to an absolute target's.
    static func checkHost(
        _ bytes: borrowing MutableSpan<UInt8>, _ request: HTTPRequest, authority: Range<Int>?
    ) throws(HTTPParseError) {
        guard let host = request[.host] else {
            if request.isHTTP10 { return }
            throw .missingHost
        }
        guard HTTPAuthority.isValid(host, in: bytes) else { throw .malformedHost }
        guard let authority else { return }
        guard authority.count == host.count else { throw .hostMismatch }
        for offset in 0..<host.count {
            let left = bytes[host.lowerBound + offset]
            let right = bytes[authority.lowerBound + offset]
            guard ByteClass.lowercased(left) == ByteClass.lowercased(right) else {
                throw .hostMismatch
            }
        }
    }
}
