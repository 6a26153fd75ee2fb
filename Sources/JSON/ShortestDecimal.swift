// SPDX-License-Identifier: Apache-2.0

/// The shortest decimal that reads back as the same `Double`, and of those the nearest.
///
/// R. Giulietti, "The Schubfach way to render doubles", 2020, with the 128-bit powers of
/// `PowersOfTen` rounded up, as the proof there requires.
struct ShortestDecimal {
    /// Less than 10^17; may end in zeros. 0 only for zero.
    var digits: UInt64
    var exponent: Int

    /// - Precondition: `value` is finite; its sign is ignored.
    init(_ value: Double) {
        let fraction = value.significandBitPattern
        let biased = Int(value.exponentBitPattern)
        let c = biased == 0 ? fraction : fraction | 1 << 52
        let q = max(biased, 1) - 1075
        digits = 0
        exponent = 0
        if c == 0 { return }
        if -52...0 ~= q, c & ((1 << UInt64(-q)) - 1) == 0 {
            digits = c >> UInt64(-q)
        } else {
            (digits, exponent) = Self.shortest(c, q, isLowerCloser: fraction == 0 && biased > 1)
        }
    }

    /// Nothing here overflows: `c` < 2^53, `h` < 5, and `k` has the exponents' range.
    private static func shortest(_ c: UInt64, _ q: Int, isLowerCloser: Bool) -> (UInt64, Int) {
        let isOdd = c & 1
        // floor(log10(2^q)), or floor(log10(3/4 · 2^q)) where the lower neighbour is closer.
        let k = (q &* 1_262_611 &- (isLowerCloser ? 524_031 : 0)) >> 22
        let h = UInt64(truncatingIfNeeded: q &+ ((-k &* 1_741_647) >> 19) &+ 1)
        let power = PowersOfTen.table.ceiling(-k)
        let below = scale(power, (4 &* c &- 2 &+ (isLowerCloser ? 1 : 0)) &<< h) &+ isOdd
        let value = scale(power, (4 &* c) &<< h)
        let above = scale(power, (4 &* c &+ 2) &<< h) &- isOdd
        let s = value / 4
        if s >= 10 {
            let tens = s / 10
            let lowerFits = below <= 40 &* tens
            let upperFits = 40 &* tens &+ 40 <= above
            if lowerFits != upperFits { return (tens &+ (upperFits ? 1 : 0), k &+ 1) }
        }
        let lowerFits = below <= 4 &* s
        let upperFits = 4 &* s &+ 4 <= above
        if lowerFits != upperFits { return (s &+ (upperFits ? 1 : 0), k) }
        let middle = 4 &* s &+ 2
        let roundsUp = value > middle || (value == middle && s & 1 == 1)
        return (s &+ (roundsUp ? 1 : 0), k)
    }

    /// `floor(power · factor / 2^128)` with the lowest bit set if anything was cut off.
    @inline(__always)
    private static func scale(_ power: UInt128, _ factor: UInt64) -> UInt64 {
        let low = UInt64(truncatingIfNeeded: power).multipliedFullWidth(by: factor)
        let high = UInt64(power >> 64).multipliedFullWidth(by: factor)
        let (middle, overflow) = high.low.addingReportingOverflow(low.high)
        let top = high.high &+ (overflow ? 1 : 0)
        return top | (middle > 1 ? 1 : 0)
    }
}
