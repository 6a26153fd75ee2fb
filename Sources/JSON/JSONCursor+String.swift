// SPDX-License-Identifier: Apache-2.0

extension JSONCursor {
    /// Reads a string, proving its escapes and its UTF-8 (RFC 8259 sections 7 and 8.1).
    package mutating func string(in text: Span<UInt8>) throws(JSONError) -> JSONString {
        guard case .string = try peek(in: text) else { throw JSONError(.wrongType, at: position) }
        let start = position + 1
        var index = start
        var hasEscapes = false
        while index < text.count {
            switch text[index] {
            case 0x22:
                move(to: index + 1)
                return JSONString(range: start..<index, hasEscapes: hasEscapes)
            case 0x5C:
                hasEscapes = true
                index = try Self.escape(in: text, at: index)
            case 0..<0x20: throw JSONError(.controlCharacter, at: index)
            case 0x80...: index = try Self.multibyte(in: text, at: index)
            default: index += 1
            }
        }
        throw JSONError(.unexpectedEnd, at: index)
    }

    /// Checks the escape whose backslash is at `start`; returns the index behind it.
    private static func escape(in text: Span<UInt8>, at start: Int) throws(JSONError) -> Int {
        guard start + 1 < text.count else { throw JSONError(.unexpectedEnd, at: text.count) }
        switch text[start + 1] {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return start + 2
        case 0x75: break
        default: throw JSONError(.invalidEscape, at: start)
        }
        let unit = try codeUnit(in: text, at: start)
        switch unit {
        case 0xD800..<0xDC00:
            guard start + 7 < text.count, text[start + 6] == 0x5C, text[start + 7] == 0x75,
                0xDC00..<0xE000 ~= (try codeUnit(in: text, at: start + 6))
            else { throw JSONError(.loneSurrogate, at: start) }
            return start + 12
        case 0xDC00..<0xE000: throw JSONError(.loneSurrogate, at: start)
        default: return start + 6
        }
    }

    private static func codeUnit(
        in text: Span<UInt8>, at backslash: Int
    ) throws(JSONError) -> UInt32 {
        for index in (backslash + 2)..<(backslash + 6) {
            guard index < text.count else { throw JSONError(.unexpectedEnd, at: text.count) }
            guard JSONString.hexadecimal(text[index]) != nil else {
                throw JSONError(.invalidEscape, at: backslash)
            }
        }
        return JSONString.codeUnit(text, at: backslash + 2)
    }

    /// Checks one sequence of the well-formed ones (Unicode, table 3-7); returns the index behind.
    private static func multibyte(in text: Span<UInt8>, at start: Int) throws(JSONError) -> Int {
        let trailing: Int
        let second: ClosedRange<UInt8>
        switch text[start] {
        case 0xC2...0xDF: (trailing, second) = (1, 0x80...0xBF)
        case 0xE0: (trailing, second) = (2, 0xA0...0xBF)
        case 0xED: (trailing, second) = (2, 0x80...0x9F)
        case 0xE1...0xEF: (trailing, second) = (2, 0x80...0xBF)
        case 0xF0: (trailing, second) = (3, 0x90...0xBF)
        case 0xF1...0xF3: (trailing, second) = (3, 0x80...0xBF)
        case 0xF4: (trailing, second) = (3, 0x80...0x8F)
        default: throw JSONError(.invalidUTF8, at: start)
        }
        for offset in 1...trailing {
            guard start + offset < text.count else {
                throw JSONError(.unexpectedEnd, at: text.count)
            }
            let allowed = offset == 1 ? second : 0x80...0xBF
            guard allowed ~= text[start + offset] else { throw JSONError(.invalidUTF8, at: start) }
        }
        return start + trailing + 1
    }
}
