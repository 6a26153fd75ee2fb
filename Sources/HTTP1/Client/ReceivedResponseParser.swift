// SPDX-License-Identifier: Apache-2.0

/// Reads one final response as its bytes come (RFC 9112 sections 4 to 7); interim ones before it
/// are passed over.
///
/// For requests that are neither HEAD nor CONNECT. As with requests, nothing is guessed: bare line
/// feeds, folded lines and lengths that contradict each other are errors.
package struct ReceivedResponseParser: Sendable {
    private enum Phase {
        case head
        case length(Int)
        case chunks(ChunkedDecoder)
        case untilClose
        case done
    }

    private static let headBytesMax = 65_536

    private let bodyBytesMax: Int
    private var phase = Phase.head
    /// What has come and is not behind: of the head, then of the body.
    private var bytes: [UInt8] = []
    /// Where the search for the end of the head goes on.
    private var searched = 0
    private var status = 0
    private var isHTTP10 = false
    private var fields: [ReceivedResponse.Field] = []

    package init(bodyBytesMax: Int) {
        self.bodyBytesMax = bodyBytesMax
    }

    /// - Returns: the response when this has completed it. What lies behind it is dropped.
    package mutating func receive(
        _ new: some Sequence<UInt8>
    ) throws(ReceivedResponseError) -> ReceivedResponse? {
        bytes.append(contentsOf: new)
        while case .head = phase {
            guard let end = try headEnd() else { return nil }
            try readHead(bytes[..<end])
            bytes.removeFirst(end + 4)
            searched = 0
            phase = status < 200 ? .head : try framing()
        }
        switch phase {
        case .head, .done: break
        case .length(let count):
            guard bytes.count >= count else { break }
            bytes.removeLast(bytes.count - count)
            phase = .done
        case .chunks(var decoder): try decode(&decoder)
        case .untilClose:
            guard bytes.count <= bodyBytesMax else { throw .bodyTooLarge }
        }
        guard case .done = phase else { return nil }
        return response
    }

    /// The server has closed its side.
    ///
    /// - Returns: the response, whose end may be just that.
    package func finish() throws(ReceivedResponseError) -> ReceivedResponse {
        switch phase {
        case .untilClose, .done: return response
        case .head, .length, .chunks: throw .unexpectedEnd
        }
    }

    private var response: ReceivedResponse {
        ReceivedResponse(status: status, fields: fields, body: bytes)
    }

    private mutating func decode(
        _ decoder: inout ChunkedDecoder
    ) throws(ReceivedResponseError) {
        var span = bytes.mutableSpan
        let isDone: Bool
        do throws(HTTPParseError) {
            isDone = try decoder.decode(&span)
        } catch .bodyTooLarge {
            throw .bodyTooLarge
        } catch {
            throw .malformedChunk(error)
        }
        phase = isDone ? .done : .chunks(decoder)
        if isDone { bytes.removeLast(bytes.count - decoder.bodyEnd) }
    }

    /// Where the empty line begins that ends the head.
    private mutating func headEnd() throws(ReceivedResponseError) -> Int? {
        // Told from the first bytes on, so that what is no HTTP is not waited for.
        let start = "HTTP/1.".utf8
        guard bytes.starts(with: start.prefix(bytes.count)) else { throw .malformedStatusLine }
        var index = searched
        while index + 3 < bytes.count {
            if bytes[index] == 0x0D, bytes[index + 1] == 0x0A, bytes[index + 2] == 0x0D,
                bytes[index + 3] == 0x0A
            {
                return index
            }
            index += 1
        }
        searched = index
        guard bytes.count <= Self.headBytesMax else { throw .headTooLarge }
        return nil
    }

    private mutating func readHead(_ head: ArraySlice<UInt8>) throws(ReceivedResponseError) {
        guard head.count <= Self.headBytesMax else { throw .headTooLarge }
        fields = []
        var lines = head.split(separator: 0x0A, omittingEmptySubsequences: false)[...]
        for index in lines.indices.dropLast() {
            guard lines[index].last == 0x0D else { throw .malformedField }
            lines[index].removeLast()
        }
        guard let statusLine = lines.popFirst() else { throw .malformedStatusLine }
        try readStatusLine(Array(statusLine))
        for line in lines { try readField(line) }
    }

    /// `HTTP/1.1 200 OK`, of which the reason may be missing.
    private mutating func readStatusLine(_ line: [UInt8]) throws(ReceivedResponseError) {
        guard line.count >= 12, line.starts(with: "HTTP/1.".utf8), ByteClass.isDigit(line[7]),
            line[8] == 0x20, line[9...11].allSatisfy(ByteClass.isDigit),
            line.count == 12 || line[12] == 0x20, line.allSatisfy(ByteClass.isFieldValue)
        else { throw .malformedStatusLine }
        isHTTP10 = line[7] == 0x30
        status = line[9...11].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        // 101 would make something else than HTTP of the connection, which nobody asked for.
        guard status >= 100, status != 101 else { throw .malformedStatusLine }
    }

    private mutating func readField(
        _ line: ArraySlice<UInt8>
    ) throws(ReceivedResponseError) {
        guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex,
            line[..<colon].allSatisfy(ByteClass.isToken)
        else { throw .malformedField }
        var value = line[(colon + 1)...]
        guard value.allSatisfy(ByteClass.isFieldValue) else { throw .malformedField }
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        value = value.drop(while: isBlank)
        while let last = value.last, isBlank(last) { value.removeLast() }
        fields.append(
            ReceivedResponse.Field(
                name: String(decoding: line[..<colon].map(ByteClass.lowercased), as: UTF8.self),
                value: String(decoding: value, as: UTF8.self)))
    }

    /// Where the body ends (RFC 9112 section 6.3).
    private func framing() throws(ReceivedResponseError) -> Phase {
        if status == 204 || status == 304 { return .length(0) }
        let lengths = fields.filter { $0.name == "content-length" }.map(\.value)
        let codings = fields.filter { $0.name == "transfer-encoding" }.map(\.value)
        if let coding = codings.first {
            guard codings.count == 1, coding.lowercased() == "chunked", lengths.isEmpty, !isHTTP10
            else { throw .unsupportedTransferCoding }
            var limits = HTTPLimits()
            limits.bodyBytesMax = bodyBytesMax
            return .chunks(ChunkedDecoder(at: 0, limits: limits))
        }
        guard let length = lengths.first else { return .untilClose }
        guard lengths.allSatisfy({ $0 == length }), (1...15).contains(length.utf8.count),
            length.utf8.allSatisfy(ByteClass.isDigit), let count = Int(length)
        else { throw .malformedContentLength }
        guard count <= bodyBytesMax else { throw .bodyTooLarge }
        return .length(count)
    }
}
