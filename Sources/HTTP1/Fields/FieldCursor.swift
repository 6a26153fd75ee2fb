// SPDX-License-Identifier: Apache-2.0

/// A position in a field's value, moved forward by the grammar of RFC 9110 section 5.6.
///
/// The bytes are passed to each call and must be the same each time. Nothing is built: names and
/// values are returned as ranges. A call that finds something else stays where it is, or leaves a
/// value that its caller gives up.
struct FieldCursor {
    private(set) var position: Int
    private let end: Int

    init(_ value: Range<Int>) {
        position = value.lowerBound
        end = value.upperBound
    }

    var isAtEnd: Bool { position == end }

    mutating func skipWhitespace(in bytes: Span<UInt8>) {
        while position < end, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
    }

    mutating func take(_ byte: UInt8, in bytes: Span<UInt8>) -> Bool {
        guard position < end, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    mutating func token(in bytes: Span<UInt8>) -> Range<Int>? {
        var index = position
        while index < end, ByteClass.isToken(bytes[index]) { index &+= 1 }
        guard index > position else { return nil }
        defer { position = index }
        return position..<index
    }

    // MARK: Lists (section 5.6.1)

    /// Steps over empty elements; returns whether an element follows.
    mutating func hasElement(in bytes: Span<UInt8>) -> Bool {
        repeat { skipWhitespace(in: bytes) } while take(0x2C, in: bytes)
        return !isAtEnd
    }

    /// Whether an element that was read ends here.
    mutating func endsElement(in bytes: Span<UInt8>) -> Bool {
        skipWhitespace(in: bytes)
        return isAtEnd || bytes[position] == 0x2C
    }

    /// `[ OWS ";" OWS "q=" qvalue ]` (section 12.4.2) in thousandths: 1000 where there is none, `nil`
    /// where something else follows the semicolon.
    mutating func weight(in bytes: Span<UInt8>) -> Int? {
        skipWhitespace(in: bytes)
        guard take(0x3B, in: bytes) else { return 1000 }
        skipWhitespace(in: bytes)
        guard let parameter = parameter(in: bytes), parameter.isNamed("q", in: bytes) else {
            return nil
        }
        return parameter.weight(in: bytes)
    }

    // MARK: Parameters (section 5.6.6)

    struct Parameter {
        let name: Range<Int>
        /// Without the quotes, still escaped.
        let value: Range<Int>
    }

    /// Steps over a semicolon and the white space around it, and over empty parameters; returns
    /// whether there was one and a parameter follows.
    mutating func hasParameter(in bytes: Span<UInt8>) -> Bool {
        var isSeparated = false
        while true {
            skipWhitespace(in: bytes)
            guard take(0x3B, in: bytes) else { break }
            isSeparated = true
        }
        return isSeparated && !isAtEnd && bytes[position] != 0x2C
    }

    /// `token "=" ( token / quoted-string )`; `nil` where there is none.
    mutating func parameter(in bytes: Span<UInt8>) -> Parameter? {
        guard let name = token(in: bytes), take(0x3D, in: bytes) else { return nil }
        guard take(0x22, in: bytes) else {
            return token(in: bytes).map { Parameter(name: name, value: $0) }
        }
        let start = position
        while position < end, ByteClass.isFieldValue(bytes[position]) {
            let byte = bytes[position]
            position += 1
            if byte == 0x22 { return Parameter(name: name, value: start..<position - 1) }
            // What stands behind a backslash stands for itself, a quote too.
            if byte == 0x5C {
                guard position < end, ByteClass.isFieldValue(bytes[position]) else { return nil }
                position += 1
            }
        }
        return nil
    }
}

extension FieldCursor.Parameter {
    func isNamed(_ expected: StaticString, in bytes: Span<UInt8>) -> Bool {
        bytes.bytes.equalsIgnoringCase(expected, name)
    }

    /// Compares ASCII case-insensitively, escapes resolved.
    ///
    /// - Parameter expected: lower case.
    func hasValue(_ expected: StaticString, in bytes: Span<UInt8>) -> Bool {
        var offset = 0
        var index = value.lowerBound
        while index < value.upperBound {
            if bytes[index] == 0x5C { index += 1 }
            guard offset < expected.utf8CodeUnitCount,
                ByteClass.lowercased(bytes[index]) == expected.utf8Start[offset]
            else { return false }
            index += 1
            offset += 1
        }
        return offset == expected.utf8CodeUnitCount
    }

    /// `qvalue` in thousandths: 0 or 1 with at most three decimals, not quoted (RFC 9110 section
    /// 12.4.2); `nil` for anything else.
    func weight(in bytes: Span<UInt8>) -> Int? {
        guard 1...5 ~= value.count, bytes[value.lowerBound - 1] != 0x22 else { return nil }
        var weight = 0
        var scale = 1000
        for (offset, index) in value.enumerated() {
            if offset == 1 {
                guard bytes[index] == 0x2E else { return nil }
                continue
            }
            guard ByteClass.isDigit(bytes[index]) else { return nil }
            weight += Int(bytes[index] - 0x30) * scale
            scale /= 10
        }
        return weight <= 1000 ? weight : nil
    }
}
