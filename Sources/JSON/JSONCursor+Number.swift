// SPDX-License-Identifier: Apache-2.0

extension JSONCursor {
    /// Reads a number as the nearest `Double` (RFC 8259 section 6).
    ///
    /// - Throws: `numberOverflow` for a number beyond the largest finite double; one too small
    ///   becomes the nearest subnormal or zero.
    package mutating func number(in text: Span<UInt8>) throws(JSONError) -> Double {
        guard case .number = try peek(in: text) else { throw JSONError(.wrongType, at: position) }
        let start = position
        let decimal = try scanNumber(in: text)
        let value = decimal.nearestDouble ?? Decimal.convert(text, start..<position)
        guard value.isFinite else { throw JSONError(.numberOverflow, at: start) }
        return value
    }

    /// Reads a number that is written as an integer and fits `Int`; `nil` (and no move) otherwise,
    /// also for `-0`, which only a `Double` can be.
    mutating func integer(in text: Span<UInt8>) throws(JSONError) -> Int? {
        guard case .number = try peek(in: text) else { throw JSONError(.wrongType, at: position) }
        let start = position
        let decimal = try scanNumber(in: text)
        var isPlain = decimal.exponent == 0 && !decimal.isTruncated
        for index in start..<position where text[index] == 0x2E || text[index] | 0x20 == 0x65 {
            isPlain = false
        }
        if decimal.isNegative, decimal.significand == 0 { isPlain = false }
        guard isPlain, let magnitude = Int(exactly: decimal.significand) else {
            move(to: start)
            return nil
        }
        return decimal.isNegative ? -magnitude : magnitude
    }

    /// Steps over `-? (0 | 1-9 0-9*) (. 0-9+)? ([eE] [+-]? 0-9+)?`, collecting its digits.
    private mutating func scanNumber(in text: Span<UInt8>) throws(JSONError) -> Decimal {
        var decimal = Decimal()
        var index = position
        if text[index] == 0x2D {
            decimal.isNegative = true
            index += 1
        }
        let firstDigit = index
        index = decimal.takeDigits(text, from: index, scale: 0)
        guard index > firstDigit else { throw invalidNumber(at: index, in: text) }
        if text[firstDigit] == 0x30, index > firstDigit + 1 {
            throw JSONError(.invalidNumber, at: firstDigit + 1)
        }
        if index < text.count, text[index] == 0x2E {
            let firstFractional = index + 1
            index = decimal.takeDigits(text, from: firstFractional, scale: -1)
            guard index > firstFractional else { throw invalidNumber(at: index, in: text) }
        }
        if index < text.count, text[index] | 0x20 == 0x65 {
            index = try scanExponent(in: text, from: index + 1, into: &decimal)
        }
        move(to: index)
        return decimal
    }

    private func scanExponent(
        in text: Span<UInt8>, from start: Int, into decimal: inout Decimal
    ) throws(JSONError) -> Int {
        var index = start
        var isNegative = false
        if index < text.count, text[index] == 0x2B || text[index] == 0x2D {
            isNegative = text[index] == 0x2D
            index += 1
        }
        let firstDigit = index
        var exponent = 0
        while index < text.count, case let digit = text[index] &- 0x30, digit < 10 {
            // Past a million the value is zero or infinite whatever follows.
            if exponent < 1_000_000 { exponent = exponent * 10 + Int(digit) }
            index += 1
        }
        guard index > firstDigit else { throw invalidNumber(at: index, in: text) }
        decimal.exponent += isNegative ? -exponent : exponent
        return index
    }

    private func invalidNumber(at index: Int, in text: Span<UInt8>) -> JSONError {
        JSONError(index < text.count ? .invalidNumber : .unexpectedEnd, at: index)
    }
}

extension Decimal {
    /// Takes the digits from `start` on; returns the index of the first byte that is none.
    ///
    /// - Parameter scale: what a taken digit does to the exponent: 0 before the point, -1 after it.
    @inline(__always)
    mutating func takeDigits(_ text: Span<UInt8>, from start: Int, scale: Int) -> Int {
        var index = start
        while index < text.count, case let digit = text[index] &- 0x30, digit < 10 {
            // 19 digits always fit 64 bits; a 20th may not.
            if significand < 1_000_000_000_000_000_000 {
                significand = significand &* 10 &+ UInt64(digit)
                exponent &+= scale
            } else {
                if digit != 0 { isTruncated = true }
                exponent &+= scale &+ 1
            }
            index += 1
        }
        return index
    }
}
