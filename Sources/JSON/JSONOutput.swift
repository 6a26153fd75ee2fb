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
        guard number.isFinite else { return append("null") }
        if number.sign == .minus { append(0x2D) }
        let decimal = ShortestDecimal(number)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { text in
            var count = 0
            var rest = decimal.digits
            repeat {
                count += 1
                text[20 - count] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            let digits = UnsafeMutableBufferPointer(rebasing: text[(20 - count)..<20])
            append(digits: digits, point: count + decimal.exponent)
        }
    }

    /// Places the decimal point after digit number `point`, which may lie outside the digits.
    private mutating func append(digits: UnsafeMutableBufferPointer<UInt8>, point: Int) {
        if point > 16 || point < -3 {
            append(digits[0])
            if digits.count > 1 {
                append(0x2E)
                append(contentsOf: UnsafeMutableBufferPointer(rebasing: digits[1...]))
            }
            append(point > 0 ? "e+" : "e-")
            let magnitude = Swift.abs(point - 1)
            if magnitude < 10 { append(0x30) }
            appendJSON(magnitude)
        } else if point <= 0 {
            append("0.")
            for _ in 0..<(-point) { append(0x30) }
            append(contentsOf: digits)
        } else if point >= digits.count {
            append(contentsOf: digits)
            for _ in 0..<(point - digits.count) { append(0x30) }
            append(".0")
        } else {
            append(contentsOf: UnsafeMutableBufferPointer(rebasing: digits[..<point]))
            append(0x2E)
            append(contentsOf: UnsafeMutableBufferPointer(rebasing: digits[point...]))
        }
    }

    package mutating func appendJSON(_ number: Int) {
        if number < 0 { append(0x2D) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { text in
            var rest = number.magnitude
            var start = text.count
            repeat {
                start -= 1
                text[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            append(contentsOf: UnsafeMutableBufferPointer(rebasing: text[start...]))
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
