// SPDX-License-Identifier: Apache-2.0

/// The chunked coding once more, by recursive descent along the grammar of RFC 9112 section 7.1,
/// to compare the state machine with.
///
/// Like the parser it allows no optional white space around extensions, asks a trailer for a name
/// and a colon, and takes at most 15 digits for a size. It knows no other limit.
struct ChunkedGrammar {
    enum Fault: Error {
        /// The text ends; what there is of it is good.
        case ends
        case malformed
    }

    private let text: [UInt8]
    private var index = 0
    private(set) var body: [UInt8] = []
    /// How many bytes the coded body takes.
    var byteCount: Int { index }

    /// - Throws: `Fault` for the first byte that cannot stand where it does.
    init(_ text: [UInt8]) throws(Fault) {
        self.text = text
        while true {
            let size = try chunkSize()
            try extensions()
            try lineEnd()
            if size == 0 { break }
            for _ in 0..<size { body.append(try next()) }
            try lineEnd()
        }
        while try !take(0x0D) {
            try token()
            try expect(0x3A)
            while try isText(peek()) { index += 1 }
            try lineEnd()
        }
        try expect(0x0A)
    }

    private func peek() throws(Fault) -> UInt8 {
        guard index < text.count else { throw .ends }
        return text[index]
    }

    private mutating func next() throws(Fault) -> UInt8 {
        let byte = try peek()
        index += 1
        return byte
    }

    private mutating func take(_ byte: UInt8) throws(Fault) -> Bool {
        guard try peek() == byte else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(Fault) {
        guard try take(byte) else { throw .malformed }
    }

    private mutating func lineEnd() throws(Fault) {
        try expect(0x0D)
        try expect(0x0A)
    }

    private mutating func chunkSize() throws(Fault) -> Int {
        var digits: [Int] = []
        while let digit = try Self.digits.firstIndex(of: peek()) {
            digits.append(digit < 16 ? digit : digit - 6)
            index += 1
            guard digits.count <= 15 else { throw .malformed }
        }
        guard !digits.isEmpty else { throw .malformed }
        return digits.reduce(0) { $0 * 16 + $1 }
    }

    private mutating func extensions() throws(Fault) {
        while try take(0x3B) {
            try token()
            guard try take(0x3D) else { continue }
            if try !take(0x22) {
                try token()
                continue
            }
            while try !take(0x22) {
                _ = try take(0x5C)
                guard try isText(next()) else { throw .malformed }
            }
        }
    }

    private mutating func token() throws(Fault) {
        let start = index
        while case let byte = try peek(), Self.tokens.contains(byte) { index += 1 }
        guard index > start else { throw .malformed }
    }

    private func isText(_ byte: UInt8) -> Bool {
        byte == 0x09 || byte == 0x20 || 0x21...0x7E ~= byte || byte >= 0x80
    }

    private static let digits = Array("0123456789abcdefABCDEF".utf8)

    /// `tchar` of RFC 9110 section 5.6.2, spelt out.
    private static let tokens = Set(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
}
