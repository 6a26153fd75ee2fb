// SPDX-License-Identifier: Apache-2.0

/// A text in lower case, with its words and chunks.
struct NormalisedText: Sendable {
    private(set) var scalars: [UInt32] = []
    /// Runs of letters, digits, marks and underscores, as `\w` matches them.
    private(set) var words: [Range<Int>] = []
    /// Runs of anything but white space.
    private(set) var chunks: [Range<Int>] = []

    /// Takes another text, in the memory of the one before.
    ///
    /// - Parameter text: UTF-8; what is not, is read as U+FFFD.
    mutating func read(_ text: Span<UInt8>) {
        scalars.removeAll(keepingCapacity: true)
        words.removeAll(keepingCapacity: true)
        chunks.removeAll(keepingCapacity: true)
        var cut = Cut()
        var index = 0
        while index < text.count, text[index] < 0x80 {
            append(ascii: text[index], &cut)
            index += 1
        }
        if index < text.count { append(text.extracting(index..<text.count), &cut) }
        endWord(&cut)
        endChunk(&cut)
    }

    /// Where the word and the chunk that are being read began.
    private struct Cut {
        var word: Int?
        var chunk: Int?
    }

    private mutating func append(ascii byte: UInt8, _ cut: inout Cut) {
        let isUpper = 0x41...0x5A ~= byte
        let isWord =
            isUpper || 0x61...0x7A ~= byte || 0x30...0x39 ~= byte || byte == 0x5F
        let isSpace = byte == 0x20 || 0x09...0x0D ~= byte
        append(UInt32(isUpper ? byte | 0x20 : byte), isWord: isWord, isSpace: isSpace, &cut)
    }

    private mutating func append(_ rest: Span<UInt8>, _ cut: inout Cut) {
        rest.withUnsafeBufferPointer { bytes in
            var iterator = bytes.makeIterator()
            var parser = Unicode.UTF8.ForwardParser()
            while true {
                switch parser.parseScalar(from: &iterator) {
                case .valid(let encoded): append(Unicode.UTF8.decode(encoded), &cut)
                case .error: append("\u{FFFD}", &cut)
                case .emptyInput: return
                }
            }
        }
    }

    private mutating func append(_ scalar: Unicode.Scalar, _ cut: inout Cut) {
        if let byte = UInt8(exactly: scalar.value), byte < 0x80 {
            append(ascii: byte, &cut)
            return
        }
        let isSpace = scalar.properties.isWhitespace
        // A few scalars at most, which such a string holds in itself.
        for lower in scalar.properties.lowercaseMapping.unicodeScalars {
            append(lower.value, isWord: Self.isWord(lower), isSpace: isSpace, &cut)
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        return switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: properties.isAlphabetic || properties.numericType != nil
        }
    }

    private mutating func append(
        _ scalar: UInt32, isWord: Bool, isSpace: Bool, _ cut: inout Cut
    ) {
        if isWord {
            if cut.word == nil { cut.word = scalars.count }
        } else {
            endWord(&cut)
        }
        if isSpace {
            endChunk(&cut)
        } else if cut.chunk == nil {
            cut.chunk = scalars.count
        }
        scalars.append(scalar)
    }

    private mutating func endWord(_ cut: inout Cut) {
        if let start = cut.word { words.append(start..<scalars.count) }
        cut.word = nil
    }

    private mutating func endChunk(_ cut: inout Cut) {
        if let start = cut.chunk { chunks.append(start..<scalars.count) }
        cut.chunk = nil
    }
}
