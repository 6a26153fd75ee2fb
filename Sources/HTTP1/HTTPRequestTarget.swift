// SPDX-License-Identifier: Apache-2.0

/// The target of a request line (RFC 9112 section 3.2), and the host it must agree with.
struct HTTPRequestTarget {
    private let range: Range<Int>

    init(_ range: Range<Int>) {
        self.range = range
    }

    /// Splits the target into path and query.
    ///
    /// - Returns: the authority of an absolute target, which replaces the Host field.
    func read(
        _ bytes: borrowing MutableSpan<UInt8>, into request: inout HTTPRequest
    ) throws(HTTPParseError) -> Range<Int>? {
        if request.method == .connect {
            // authority-form; no tunnel is ever made, so only its characters are checked.
            guard Self.isAuthority(bytes, range) else { throw .malformedTarget }
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
        try split(bytes, pathStart..<range.upperBound, into: &request)
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
        guard Self.isAuthority(bytes, start..<end) else { throw .malformedTarget }
        return start..<end
    }

    private func split(
        _ bytes: borrowing MutableSpan<UInt8>, _ rest: Range<Int>, into request: inout HTTPRequest
    ) throws(HTTPParseError) {
        var queryStart: Int?
        var index = rest.lowerBound
        while index < rest.upperBound {
            let byte = bytes[index]
            guard ByteClass.isTarget(byte) else { throw .malformedTarget }
            if byte == 0x3F, queryStart == nil { queryStart = index + 1 }
            if byte == 0x25 {
                guard index + 2 < rest.upperBound,
                    let high = ByteClass.hexadecimal(bytes[index + 1]),
                    let low = ByteClass.hexadecimal(bytes[index + 2]),
                    case let decoded = high << 4 | low, decoded >= 0x20, decoded != 0x7F
                else { throw .malformedTarget }
                index += 2
            }
            index += 1
        }
        if let queryStart {
            request.path = rest.lowerBound..<queryStart - 1
            request.query = queryStart..<rest.upperBound
        } else {
            request.path = rest
        }
    }

    /// Exactly one good Host on HTTP/1.1 (RFC 9112 section 3.2), equal to an absolute target's.
    static func checkHost(
        _ bytes: borrowing MutableSpan<UInt8>, _ request: HTTPRequest, authority: Range<Int>?
    ) throws(HTTPParseError) {
        guard let host = request[.host] else {
            if request.isHTTP10 { return }
            throw .missingHost
        }
        guard isAuthority(bytes, host) else { throw .malformedHost }
        guard let authority else { return }
        guard authority.count == host.count else { throw .malformedHost }
        for offset in 0..<host.count {
            let left = bytes[host.lowerBound + offset]
            let right = bytes[authority.lowerBound + offset]
            guard lowercased(left) == lowercased(right) else { throw .malformedHost }
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        0x41...0x5A ~= byte ? byte | 0x20 : byte
    }

    /// `uri-host [":" port]`, without userinfo and not empty.
    private static func isAuthority(
        _ bytes: borrowing MutableSpan<UInt8>, _ range: Range<Int>
    ) -> Bool {
        guard let first = range.first else { return false }
        var index = first
        if bytes[first] == 0x5B {
            index += 1
            while index < range.upperBound, bytes[index] != 0x5D {
                let byte = bytes[index]
                guard ByteClass.hexadecimal(byte) != nil || byte == 0x3A || byte == 0x2E else {
                    return false
                }
                index += 1
            }
            guard index < range.upperBound, index - first >= 3 else { return false }
            index += 1
        } else {
            while index < range.upperBound, ByteClass.isHost(bytes[index]) { index += 1 }
            guard index > first else { return false }
        }
        guard index < range.upperBound else { return true }
        guard bytes[index] == 0x3A, range.upperBound - index <= 6 else { return false }
        var port = 0
        for digit in index + 1..<range.upperBound {
            guard ByteClass.isDigit(bytes[digit]) else { return false }
            port = port * 10 + Int(bytes[digit] - 0x30)
        }
        return port <= 65_535
    }
}
