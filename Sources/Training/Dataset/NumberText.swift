// SPDX-License-Identifier: Apache-2.0
import CSV
import Glibc

/// Decimal numbers as data files write them: `-12`, `+3.5`, `.5`, `7.`, `1e-3`, blanks around.
/// No hexadecimal, thousands separators, `inf` or `nan`.
enum NumberText {
    /// Squares of larger numbers, summed over a file, might not be finite.
    static let magnitudeMax = 1e150

    /// The nearest `Double`; `nil` when the text is no number, or too large a one.
    static func value(_ text: Span<UInt8>, _ range: Range<Int>) -> Double? {
        let range = text.trimmingBlanks(range)
        var index = range.lowerBound
        var isNegative = false
        if index < range.upperBound, text[index] == 0x2D || text[index] == 0x2B {
            isNegative = text[index] == 0x2D
            index += 1
        }
        var digits: UInt64 = 0
        var digitCount = 0
        var fractionCount = 0
        var isFraction = false
        while index < range.upperBound {
            let byte = text[index]
            if case let digit = byte &- 0x30, digit < 10 {
                digits = digits &* 10 &+ UInt64(digit)
                digitCount += 1
                if isFraction { fractionCount += 1 }
            } else if byte == 0x2E, !isFraction {
                isFraction = true
            } else {
                break
            }
            index += 1
        }
        guard digitCount > 0 else { return nil }
        // Exact when both the digits and the power of ten are (Clinger's fast path).
        if index == range.upperBound, digitCount <= 19, digits < 1 << 53, fractionCount <= 22 {
            let magnitude = Double(digits) / powers[fractionCount]
            return isNegative ? -magnitude : magnitude
        }
        guard isExponent(text, index..<range.upperBound) else { return nil }
        return converted(text, range)
    }

    static func value(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        return value(bytes.span, 0..<bytes.count)
    }

    /// Nothing, or `[eE] [+-]? 0-9+`.
    private static func isExponent(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return true }
        guard text[range.lowerBound] | 0x20 == 0x65 else { return false }
        var index = range.lowerBound + 1
        if index < range.upperBound, text[index] == 0x2D || text[index] == 0x2B { index += 1 }
        guard index < range.upperBound else { return false }
        for index in index..<range.upperBound where text[index] &- 0x30 > 9 { return false }
        return true
    }

    /// The C library rounds right whatever the length; it wants a terminated copy.
    private static func converted(_ text: Span<UInt8>, _ range: Range<Int>) -> Double? {
        let value = withUnsafeTemporaryAllocation(of: CChar.self, capacity: range.count + 1) {
            copy -> Double in
            for index in 0..<range.count {
                copy[index] = CChar(bitPattern: text[range.lowerBound + index])
            }
            copy[range.count] = 0
            guard let start = copy.baseAddress else { return .nan }
            return strtod(start, nil)
        }
        return value.magnitude <= magnitudeMax ? value : nil
    }

    /// The powers of ten that a `Double` holds exactly.
    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]
}
