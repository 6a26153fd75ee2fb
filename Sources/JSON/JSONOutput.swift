// SPDX-License-Identifier: Apache-2.0

/// JSON text appended to a byte buffer, allocating nothing while the buffer has room.
extension [UInt8] {
    /// Appends ASCII or UTF-8 text that is known when the program is built.
    @inline(__always)
    package mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    /// Appends without taking the bytes over, which would cost a retain and a release.
    package mutating func append(copying bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
    }

    /// Appends the shortest decimal that reads back as `number`.
    ///
    /// Always with a fraction or an exponent (`3.0`, `1e-07`), so that a reader sees a float.
    /// NaN and the infinities have no JSON form and become `null`.
    package mutating func appendJSON(_ number: Double) {
        append(addingCapacity: DecimalText.byteCountMax) { DecimalText.append(number, to: &$0) }
    }

    package mutating func appendJSON(_ number: Int) {
        let digits = Digits(UInt64(number.magnitude))
        append(addingCapacity: digits.count + 1) { text in
            if number < 0 { text.append(0x2D) }
            digits.append(to: &text)
        }
    }

    /// Appends `text` quoted, with the escapes that RFC 8259 section 7 demands and no others.
    package mutating func appendJSON(_ text: String) {
        append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22: append("\\\"")
            case 0x5C: append("\\\\")
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case 0..<0x20, 0x7F:
                append("\\u00")
                append(Self.hexadecimal(byte >> 4))
                append(Self.hexadecimal(byte & 15))
            default: append(byte)
            }
        }
        append(0x22)
    }

    private static func hexadecimal(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? 0x30 + nibble : 0x57 + nibble
    }
}

/// The same into room that was made before, which several pieces then share.
extension OutputSpan<UInt8> {
    /// The room that `appendJSON` asks for, in bytes.
    package static var numberByteCountMax: Int { DecimalText.byteCountMax }

    /// - Precondition: there is room for `numberByteCountMax`.
    @inline(__always)
    package mutating func appendJSON(_ number: Double) {
        DecimalText.append(number, to: &self)
    }

    /// - Precondition: there is room for `bytes`.
    @inline(__always)
    package mutating func append(copying bytes: [UInt8]) {
        precondition(bytes.count <= freeCapacity, "no room for the bytes")
        withUnsafeMutableBufferPointer { buffer, count in
            bytes.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]
                )
                .copyMemory(from: bytes)
            }
            count += bytes.count
        }
    }
}
