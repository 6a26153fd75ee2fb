// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A decimal number `±significand · 10^exponent` as its digits were read from a text.
///
/// Up to 19 significant digits are kept; `isTruncated` says that more followed.
struct Decimal {
    var significand: UInt64 = 0
    var exponent = 0
    var isNegative = false
    var isTruncated = false

    /// The nearest `Double`, ties to even; infinite on overflow. `nil` when 128 bits of the power
    /// of ten do not settle the last bit, which then needs the whole text.
    ///
    /// Clinger's exact path first, then D. Lemire, "Number Parsing at a Gigabyte per Second",
    /// Software: Practice and Experience 51(8), 2021.
    var nearestDouble: Double? {
        if !isTruncated, significand < 1 << 53, (-22...22).contains(exponent) {
            let value = Double(significand)
            let scaled =
                exponent < 0
                ? value / Self.exactPowers[-exponent] : value * Self.exactPowers[exponent]
            return isNegative ? -scaled : scaled
        }
        guard let bits = Self.bits(significand, exponent) else { return nil }
        if isTruncated, Self.bits(significand + 1, exponent) != bits { return nil }
        return Double(bitPattern: isNegative ? bits | 1 << 63 : bits)
    }

    /// The powers of ten that a `Double` holds exactly.
    private static let exactPowers: InlineArray<23, Double> = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    @inline(never)
    private static func bits(_ digits: UInt64, _ exponent: Int) -> UInt64? {
        if digits == 0 || exponent < PowersOfTen.exponents.lowerBound { return 0 }
        if exponent > 308 { return Double.infinity.bitPattern }
        let shift = digits.leadingZeroBitCount
        let power =
            (-27..<0).contains(exponent)
            ? PowersOfTen.table.ceiling(exponent) : PowersOfTen.table.floor(exponent)
        let significand = digits << UInt64(shift)
        var (high, low) = significand.multipliedFullWidth(by: UInt64(power >> 64))
        if high & 0x1FF == 0x1FF {
            let tail = significand.multipliedFullWidth(by: UInt64(truncatingIfNeeded: power)).high
            let (sum, overflow) = low.addingReportingOverflow(tail)
            low = sum
            if overflow { high += 1 }
        }
        if low == .max, !(-27...55).contains(exponent) { return nil }
        return round(high, low, exponent: exponent, shift: shift)
    }

    /// Rounds the 128-bit product to 53 bits and packs it with its binary exponent.
    private static func round(_ high: UInt64, _ low: UInt64, exponent: Int, shift: Int) -> UInt64 {
        let upperBit = Int(high >> 63)
        var mantissa = high >> UInt64(upperBit + 9)
        var binaryExponent = ((217_706 * exponent) >> 16) + 63 + upperBit - shift + 1023
        if binaryExponent <= 0 {
            if 1 - binaryExponent >= 64 { return 0 }
            mantissa >>= UInt64(1 - binaryExponent)
            mantissa = (mantissa + (mantissa & 1)) >> 1
            return mantissa  // A carry into bit 52 is the smallest normal number.
        }
        // Exactly half way between two doubles: only possible for small exponents.
        if low <= 1, (-4...23).contains(exponent), mantissa & 3 == 1,
            mantissa << UInt64(upperBit + 9) == high
        {
            mantissa &= ~1
        }
        mantissa = (mantissa + (mantissa & 1)) >> 1
        if mantissa >= 1 << 53 {
            mantissa = 1 << 52
            binaryExponent += 1
        }
        if binaryExponent >= 2047 { return Double.infinity.bitPattern }
        return mantissa & ~(1 << 52) | UInt64(binaryExponent) << 52
    }

    /// The slow, always right way: the C library on a terminated copy of the text.
    static func convert(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Double {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: range.count + 1) { copy in
            for index in 0..<range.count {
                copy[index] = CChar(bitPattern: bytes[range.lowerBound + index])
            }
            copy[range.count] = 0
            guard let start = copy.baseAddress else { return .nan }
            return strtod(start, nil)
        }
    }
}
