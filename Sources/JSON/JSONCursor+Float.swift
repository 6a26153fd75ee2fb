// SPDX-License-Identifier: Apache-2.0
import Glibc

extension JSONCursor {
    /// Reads a number that is meant as a `Float`.
    ///
    /// The nearest `Double`, which keeps whole numbers of more than 24 bits; but where rounding it
    /// once more would give another `Float` than the text's nearest, then that `Float`.
    package mutating func numberForFloat(in text: Span<UInt8>) throws(JSONError) -> Double {
        _ = try peek(in: text)
        let start = position
        let value = try number(in: text)
        // Half way between two normal floats, or where those are sparser: the text must decide.
        let isTie = value.bitPattern & 0x1FFF_FFFF == 0x1000_0000
        guard isTie || value.magnitude < Double(Float.leastNormalMagnitude), value != 0 else {
            return value
        }
        let nearest = Decimal.convertToFloat(text, start..<position)
        return Float(value) == nearest ? value : Double(nearest)
    }
}

extension JSONCursor {
    /// Steps over `NaN`, `Infinity` or `-Infinity`, which are no JSON but what some libraries write
    /// for such floats. `nil`, and no move but over white space, for anything else.
    package mutating func nonFinite(in text: Span<UInt8>) -> Double? {
        skipWhitespace(in: text)
        guard position < text.count else { return nil }
        let (word, value): (StaticString, Double)
        switch text[position] {
        case 0x4E: (word, value) = ("NaN", .nan)
        case 0x49: (word, value) = ("Infinity", .infinity)
        case 0x2D: (word, value) = ("-Infinity", -.infinity)
        default: return nil
        }
        guard begins(with: word, text) else { return nil }
        move(to: position + word.utf8CodeUnitCount)
        return value
    }

    private func begins(with word: StaticString, _ text: Span<UInt8>) -> Bool {
        guard word.utf8CodeUnitCount <= text.count - position else { return false }
        for offset in 0..<word.utf8CodeUnitCount
        where text[position + offset] != word.utf8Start[offset] {
            return false
        }
        return true
    }
}

extension Decimal {
    fileprivate static func convertToFloat(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Float {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: range.count + 1) { copy in
            for index in 0..<range.count {
                copy[index] = CChar(bitPattern: bytes[range.lowerBound + index])
            }
            copy[range.count] = 0
            guard let start = copy.baseAddress else { return .nan }
            return strtof(start, nil)
        }
    }
}
