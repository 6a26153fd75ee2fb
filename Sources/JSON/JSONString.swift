// SPDX-License-Identifier: Apache-2.0

/// A string inside a JSON text: where its contents lie, still escaped.
package struct JSONString: Equatable, Sendable {
    /// The bytes between the quotes.
    package let range: Range<Int>
    package let hasEscapes: Bool

    package var count: Int { range.count }

    /// Whether the string is `name`, without decoding when it has no escapes.
    package func equals(_ name: StaticString, in bytes: Span<UInt8>) -> Bool {
        if hasEscapes {
            var decoded: [UInt8] = []
            append(to: &decoded, from: bytes)
            return name.withUTF8Buffer { decoded.elementsEqual($0) }
        }
        guard range.count == name.utf8CodeUnitCount else { return false }
        return name.withUTF8Buffer { expected in
            for index in 0..<expected.count
            where bytes[range.lowerBound + index] != expected[index] {
                return false
            }
            return true
        }
    }

    /// Appends the string's UTF-8 with the escapes resolved.
    ///
    /// - Precondition: the string was read from these bytes, which proved its escapes.
    package func append(to buffer: inout [UInt8], from bytes: Span<UInt8>) {
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            index += 1
            guard byte == 0x5C else {
                buffer.append(byte)
                continue
            }
            let escape = bytes[index]
            index += 1
            switch escape {
            case 0x62: buffer.append(0x08)
            case 0x66: buffer.append(0x0C)
            case 0x6E: buffer.append(0x0A)
            case 0x72: buffer.append(0x0D)
            case 0x74: buffer.append(0x09)
            case 0x75:
                var scalar = Self.codeUnit(bytes, at: index)
                index += 4
                if 0xD800..<0xDC00 ~= scalar {
                    let low = Self.codeUnit(bytes, at: index + 2)
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
                    index += 6
                }
                Self.appendUTF8(scalar, to: &buffer)
            default: buffer.append(escape)
            }
        }
    }

    package func text(from bytes: Span<UInt8>) -> String {
        var buffer: [UInt8] = []
        append(to: &buffer, from: bytes)
        return String(decoding: buffer, as: UTF8.self)
    }

    /// The UTF-16 code unit of four hexadecimal digits that were checked before.
    static func codeUnit(_ bytes: Span<UInt8>, at index: Int) -> UInt32 {
        var unit: UInt32 = 0
        for offset in 0..<4 { unit = unit << 4 | UInt32(hexadecimal(bytes[index + offset]) ?? 0) }
        return unit
    }

    static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    private static func appendUTF8(_ scalar: UInt32, to buffer: inout [UInt8]) {
        guard let scalar = Unicode.Scalar(scalar) else { return }
        buffer.append(contentsOf: UTF8.encode(scalar) ?? UTF8.CodeUnit.replacement)
    }
}

extension UTF8.CodeUnit {
    /// U+FFFD in UTF-8.
    fileprivate static let replacement = UTF8.encodedReplacementCharacter
}
