// SPDX-License-Identifier: Apache-2.0

extension JSONCursor {
    /// Reads on as long as the elements of the array entered last are numbers, `limit` at most.
    ///
    /// What a prediction's row mostly is, eight digits at a step. It stops before the first element
    /// that is anything but a plain number (up to 19 digits, no exponent): `hasNext` and `number`
    /// then decide what that is.
    ///
    /// - Returns: how many numbers were appended.
    package mutating func appendNumbers(
        upTo limit: Int, to numbers: inout [Double], in text: Span<UInt8>
    ) -> Int {
        var taken = 0
        var isFirst = isAtFirst
        var end = position
        while taken < limit {
            var index = Self.skippingSpace(in: text, from: end)
            if !isFirst {
                guard index < text.count, text[index] == 0x2C else { break }
                index = Self.skippingSpace(in: text, from: index + 1)
            }
            guard let number = PlainNumber(in: text, at: index) else { break }
            numbers.append(number.value)
            end = number.end
            isFirst = false
            taken += 1
        }
        if taken > 0 { moveBehindElement(at: end) }
        return taken
    }

    @inline(__always)
    private static func skippingSpace(in text: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < text.count, text[index] <= 0x20 {
            switch text[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return index
            }
        }
        return index
    }
}

/// A number of up to 19 digits without an exponent, which is how nearly all are written.
private struct PlainNumber {
    let value: Double
    /// Behind the last digit.
    let end: Int

    /// - Returns: `nil` for whatever is not such a number, good JSON or not.
    @inline(__always)
    init?(in text: Span<UInt8>, at start: Int) {
        guard start < text.count else { return nil }
        let isNegative = text[start] == 0x2D
        var digits = DigitRun(at: isNegative ? start + 1 : start)
        let first = digits.index
        digits.takeOneByOne(from: text)
        let integerCount = digits.index - first
        guard integerCount > 0, integerCount == 1 || text[first] != 0x30 else { return nil }
        var fractionCount = 0
        if digits.index < text.count, text[digits.index] == 0x2E {
            digits.index += 1
            let firstFractional = digits.index
            digits.takeInBlocks(from: text)
            fractionCount = digits.index - firstFractional
            guard fractionCount > 0 else { return nil }
        }
        guard integerCount + fractionCount <= 19 else { return nil }
        end = digits.index
        if end < text.count, text[end] | 0x20 == 0x65 { return nil }
        let decimal = Decimal(
            significand: digits.value, exponent: -fractionCount, isNegative: isNegative)
        guard let nearest = decimal.nearestDouble else { return nil }
        value = nearest
    }
}

/// Digits taken eight at a time. (D. Lemire, "Number Parsing at a Gigabyte per Second", 2021,
/// section 5, for whole blocks; shifting a shorter run to the end of its block makes it one.)
private struct DigitRun {
    var index: Int
    /// Wraps around when more than 19 digits are taken.
    var value: UInt64 = 0

    private static let zeros: UInt64 = 0x3030_3030_3030_3030
    private static let powers: InlineArray<9, UInt64> = [
        1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000,
    ]

    @inline(__always)
    init(at index: Int) {
        self.index = index
    }

    /// For the few digits before a point.
    @inline(__always)
    mutating func takeOneByOne(from text: Span<UInt8>) {
        while index < text.count, case let digit = text[index] &- 0x30, digit < 10 {
            value = value &* 10 &+ UInt64(digit)
            index &+= 1
        }
    }

    @inline(__always)
    mutating func takeInBlocks(from text: Span<UInt8>) {
        while true {
            let block = Self.block(of: text, at: index) ^ Self.zeros
            // A byte that was no digit now has its top bit set, or 10 or more in it.
            let others = (block &+ 0x7676_7676_7676_7676 | block) & 0x8080_8080_8080_8080
            let count = others.trailingZeroBitCount >> 3
            guard count < 8 else {
                value = value &* 100_000_000 &+ Self.number(block)
                index &+= 8
                continue
            }
            guard count > 0 else { return }
            let aligned = block &<< UInt64(truncatingIfNeeded: 64 &- 8 &* count)
            value = value &* Self.powers[count] &+ Self.number(aligned)
            index &+= count
            return
        }
    }

    /// Eight bytes in the order in which they stand, the first one lowest; zeros behind the end.
    @inline(__always)
    private static func block(of text: Span<UInt8>, at index: Int) -> UInt64 {
        if index <= text.count &- 8 {
            let bytes = text.bytes
            return UInt64(
                littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
        }
        return lastBlock(of: text, at: index)
    }

    @inline(never)
    private static func lastBlock(of text: Span<UInt8>, at index: Int) -> UInt64 {
        var block: UInt64 = 0
        for position in (index..<max(index, text.count)).reversed() {
            block = block << 8 | UInt64(text[position])
        }
        return block
    }

    /// The number that eight digits are, each in a byte of its own, the first one lowest.
    @inline(__always)
    private static func number(_ digits: UInt64) -> UInt64 {
        let mask: UInt64 = 0x0000_00FF_0000_00FF
        let pairs = digits &* 10 &+ digits >> 8
        let high = (pairs & mask) &* 0x000F_4240_0000_0064
        let low = (pairs >> 16 & mask) &* 0x0000_2710_0000_0001
        return (high &+ low) >> 32
    }
}
