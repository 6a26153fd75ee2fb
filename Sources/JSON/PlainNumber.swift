// SPDX-License-Identifier: Apache-2.0

/// A number of up to 19 digits, not more than 15 of them before the point, read by blocks of eight.
///
/// D. Lemire, "Number Parsing at a Gigabyte per Second", 2021, section 5, for whole blocks;
/// shifting a shorter run of digits to the end of its block makes it one. What varies from number
/// to number, as the sign and the count of digits do, is computed and not branched on: a branch
/// that is foreseen wrongly costs as much as half of all else here.
struct PlainNumber {
    private(set) var value = 0.0
    /// Behind the last byte.
    private(set) var end = 0

    /// - Precondition: `NumberScan.reach` bytes can be read from `start` on.
    /// - Returns: whether it is such a number; otherwise it may be good JSON or not.
    @inline(__always)
    mutating func read(_ bytes: UnsafeRawPointer, at start: Int) -> Bool {
        let sign: UInt64 = Self.byte(bytes, start) == 0x2D ? 1 : 0
        var index = start &+ Int(truncatingIfNeeded: sign)
        var significand: UInt64
        let first = Self.byte(bytes, index) &- 0x30
        // A zero before the point does not count; one or zero without a branch.
        var digitCount = Int(truncatingIfNeeded: (first &+ 0x7F) >> 7)
        // Digits before the point: one mostly, up to fifteen otherwise.
        if first < 10, Self.byte(bytes, index &+ 1) == 0x2E {
            significand = UInt64(first)
            index &+= 1
        } else {
            let block = DigitBlock(bytes, at: index)
            guard block.count > 0, first != 0 || block.count == 1 else { return false }
            significand = block.number
            if block.count == 8 {
                let second = DigitBlock(bytes, at: index &+ 8)
                guard second.count < 8 else { return false }
                significand = significand &* second.scale &+ second.number
                digitCount = 8 &+ second.count
                index &+= digitCount
            } else {
                index &+= block.count
                if first != 0 { digitCount = block.count }
            }
        }
        // Digits behind it: a block, or three.
        var places = 0
        var isLong = false
        if Self.byte(bytes, index) == 0x2E {
            index &+= 1
            let block = DigitBlock(bytes, at: index)
            guard block.count > 0 else { return false }
            significand = significand &* block.scale &+ block.number
            places = block.count
            if block.count == 8 {
                isLong = true
                // Side by side, as finding the end of one first would take as long again.
                let second = DigitBlock(bytes, at: index &+ 8)
                let third = DigitBlock(bytes, at: index &+ 16, countsIf: second.count == 8)
                significand = significand &* second.scale &+ second.number
                significand = significand &* third.scale &+ third.number
                places = 8 &+ second.count &+ third.count
            }
            index &+= places
        }
        guard digitCount &+ places <= 19 else { return false }
        end = index
        let magnitude: UInt64
        if Self.byte(bytes, index) | 0x20 == 0x65 {
            return readExponent(bytes, significand, places: places, isNegative: sign == 1)
        } else if !isLong, significand < 1 << 53 {
            magnitude = Decimal.quotient(significand, places: places).bitPattern
        } else if let bits = Decimal.bits(significand, places: places) {
            magnitude = bits
        } else {
            return round(
                Decimal(significand: significand, exponent: -places, isNegative: sign == 1))
        }
        value = Double(bitPattern: magnitude | sign &<< 63)
        return true
    }

    /// Reads on behind the `e` at `end`: a sign and up to three digits.
    @inline(never)
    private mutating func readExponent(
        _ bytes: UnsafeRawPointer, _ significand: UInt64, places: Int, isNegative: Bool
    ) -> Bool {
        let sign = Self.byte(bytes, end &+ 1)
        let first = end &+ (sign == 0x2D || sign == 0x2B ? 2 : 1)
        end = first
        var exponent = 0
        while end < first &+ 4, case let digit = Self.byte(bytes, end) &- 0x30, digit < 10 {
            exponent = exponent &* 10 &+ Int(digit)
            end &+= 1
        }
        guard 1...3 ~= end &- first else { return false }
        return round(
            Decimal(
                significand: significand, exponent: (sign == 0x2D ? -exponent : exponent) &- places,
                isNegative: isNegative))
    }

    /// What the short ways do not settle.
    @inline(never)
    private mutating func round(_ decimal: Decimal) -> Bool {
        guard let nearest = decimal.nearestDouble, nearest.isFinite else { return false }
        value = nearest
        return true
    }

    @inline(__always)
    private static func byte(_ bytes: UnsafeRawPointer, _ index: Int) -> UInt8 {
        bytes.load(fromByteOffset: index, as: UInt8.self)
    }
}

/// The digits, none to eight, that eight bytes begin with.
private struct DigitBlock {
    let count: Int
    /// A digit in each byte, the last one highest; nothing below the first one.
    private let digits: UInt64

    private static let powers: InlineArray<16, UInt64> = [
        1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 0, 0, 0, 0, 0, 0, 0,
    ]

    /// - Parameter counts: whether the bytes before it are digits as well; if not, none is here.
    @inline(__always)
    init(_ bytes: UnsafeRawPointer, at index: Int, countsIf counts: Bool = true) {
        let text = UInt64(
            littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        let block = text ^ 0x3030_3030_3030_3030
        // A byte that was no digit now has its top bit set, or 10 or more in it.
        let others = (block &+ 0x7676_7676_7676_7676 | block) & 0x8080_8080_8080_8080
        count = counts ? others.trailingZeroBitCount >> 3 : 0
        digits = block << UInt64(truncatingIfNeeded: 64 &- 8 &* count)
    }

    /// What as many digits scale a number by.
    @inline(__always)
    var scale: UInt64 { Self.powers[count & 15] }

    /// The number that eight digits are, each in a byte of its own, the first one lowest.
    @inline(__always)
    var number: UInt64 {
        let mask: UInt64 = 0x0000_00FF_0000_00FF
        let pairs = digits &* 10 &+ digits >> 8
        let high = (pairs & mask) &* 0x000F_4240_0000_0064
        let low = (pairs >> 16 & mask) &* 0x0000_2710_0000_0001
        return (high &+ low) >> 32
    }
}
