// SPDX-License-Identifier: Apache-2.0

/// A position in a JSON text, moved forward value by value.
///
/// A pull reader: the caller says which value it expects and gets it, or a `JSONError`. Nothing is
/// built and nothing is allocated; strings are returned as ranges. The text is passed to each call
/// and must be the same each time. Containers are walked like this:
///
/// ```swift
/// try cursor.enter(.array, in: text)
/// while try cursor.hasNext(.array, in: text) { … read one value … }
/// ```
package struct JSONCursor: Sendable {
    package enum Kind: Sendable {
        case null, boolean, number, string, array, object
    }

    package enum Container: Sendable {
        case array, object

        @inline(__always)
        var open: UInt8 {
            switch self {
            case .array: 0x5B
            case .object: 0x7B
            }
        }

        @inline(__always)
        var close: UInt8 {
            switch self {
            case .array: 0x5D
            case .object: 0x7D
            }
        }
    }

    /// How deep containers may nest.
    package static let depthMax = 64

    package private(set) var position: Int
    private(set) var depth = 0
    /// Whether the container entered last has had no element yet.
    private(set) var isAtFirst = false

    package init(at position: Int = 0) {
        self.position = position
    }

    /// The kind of the value that comes next, told by its first byte.
    package mutating func peek(in text: Span<UInt8>) throws(JSONError) -> Kind {
        skipWhitespace(in: text)
        guard position < text.count else { throw JSONError(.unexpectedEnd, at: position) }
        switch text[position] {
        case 0x7B: return .object
        case 0x5B: return .array
        case 0x22: return .string
        case 0x2D, 0x30...0x39: return .number
        case 0x74, 0x66: return .boolean
        case 0x6E: return .null
        default: throw JSONError(.unexpectedByte, at: position)
        }
    }

    package mutating func enter(
        _ container: Container, in text: Span<UInt8>
    ) throws(JSONError) {
        _ = try peek(in: text)
        guard text[position] == container.open else { throw JSONError(.wrongType, at: position) }
        guard depth < Self.depthMax else { throw JSONError(.nestedTooDeep, at: position) }
        depth += 1
        position += 1
        isAtFirst = true
    }

    /// Whether another element follows in the innermost container; steps over the comma before it,
    /// or over the closing bracket.
    package mutating func hasNext(
        _ container: Container, in text: Span<UInt8>
    ) throws(JSONError) -> Bool {
        skipWhitespace(in: text)
        guard position < text.count else { throw JSONError(.unexpectedEnd, at: position) }
        let byte = text[position]
        if byte == container.close {
            position += 1
            depth -= 1
            isAtFirst = false
            return false
        }
        if isAtFirst {
            isAtFirst = false
            return true
        }
        guard byte == 0x2C else { throw JSONError(.unexpectedByte, at: position) }
        position += 1
        return true
    }

    /// Reads a member's name and the colon after it.
    package mutating func name(in text: Span<UInt8>) throws(JSONError) -> JSONString {
        skipWhitespace(in: text)
        guard position < text.count else { throw JSONError(.unexpectedEnd, at: position) }
        guard text[position] == 0x22 else { throw JSONError(.unexpectedByte, at: position) }
        let name = try string(in: text)
        skipWhitespace(in: text)
        guard position < text.count else { throw JSONError(.unexpectedEnd, at: position) }
        guard text[position] == 0x3A else { throw JSONError(.unexpectedByte, at: position) }
        position += 1
        return name
    }

    package mutating func null(in text: Span<UInt8>) throws(JSONError) {
        try literal("null", in: text)
    }

    package mutating func boolean(in text: Span<UInt8>) throws(JSONError) -> Bool {
        guard case .boolean = try peek(in: text) else { throw JSONError(.wrongType, at: position) }
        let isTrue = text[position] == 0x74
        try literal(isTrue ? "true" : "false", in: text)
        return isTrue
    }

    /// Steps over one value of any kind, checking it wholly.
    package mutating func skip(in text: Span<UInt8>) throws(JSONError) {
        switch try peek(in: text) {
        case .null: try null(in: text)
        case .boolean: _ = try boolean(in: text)
        case .number: _ = try number(in: text)
        case .string: _ = try string(in: text)
        case .array:
            try enter(.array, in: text)
            while try hasNext(.array, in: text) { try skip(in: text) }
        case .object:
            try enter(.object, in: text)
            while try hasNext(.object, in: text) {
                _ = try name(in: text)
                try skip(in: text)
            }
        }
    }

    /// - Throws: `trailingBytes` unless only white space follows.
    package mutating func finish(in text: Span<UInt8>) throws(JSONError) {
        skipWhitespace(in: text)
        guard position == text.count else { throw JSONError(.trailingBytes, at: position) }
    }

    @inline(__always)
    mutating func skipWhitespace(in text: Span<UInt8>) {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    mutating func move(to position: Int) {
        self.position = position
    }

    mutating func moveBehindElement(at end: Int) {
        position = end
        isAtFirst = false
    }

    private mutating func literal(
        _ word: StaticString, in text: Span<UInt8>
    ) throws(JSONError) {
        skipWhitespace(in: text)
        for offset in 0..<word.utf8CodeUnitCount {
            guard position + offset < text.count else {
                throw JSONError(.unexpectedEnd, at: text.count)
            }
            guard text[position + offset] == word.utf8Start[offset] else {
                throw JSONError(.unexpectedByte, at: position + offset)
            }
        }
        position += word.utf8CodeUnitCount
    }
}
