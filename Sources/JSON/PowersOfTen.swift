// SPDX-License-Identifier: Apache-2.0

/// The 128 leading bits of every power of ten that decimal ↔ binary conversion needs.
///
/// `10^q = 5^q · 2^q`, so only the significand of `5^q` matters. Entry `q` is that significand
/// scaled to have its top bit set and rounded down; it is exact for `0 ≤ q ≤ 55`. Computed once
/// when first used (about a millisecond) instead of standing here as 667 pairs of literals.
struct PowersOfTen: Sendable {
    static let exponents = -342...324
    static let exactExponents = 0...55
    static let table = PowersOfTen()

    private let significands: [UInt128]

    private init() {
        var table: [UInt128] = []
        table.reserveCapacity(Self.exponents.count)
        for exponent in Self.exponents {
            table.append(
                exponent < 0
                    ? Self.reciprocal(of: BigNatural(fiveToThe: -exponent))
                    : Self.leadingBits(of: BigNatural(fiveToThe: exponent)))
        }
        significands = table
    }

    /// The significand of `10^exponent`, rounded down.
    func floor(_ exponent: Int) -> UInt128 {
        significands[exponent - Self.exponents.lowerBound]
    }

    /// The significand of `10^exponent`, rounded up where it is not exact.
    func ceiling(_ exponent: Int) -> UInt128 {
        Self.exactExponents.contains(exponent) ? floor(exponent) : floor(exponent) + 1
    }

    private static func leadingBits(of number: BigNatural) -> UInt128 {
        var bits: UInt128 = 0
        for position in (number.bitWidth - 128)..<number.bitWidth {
            if position >= 0, number.bit(position) {
                bits |= 1 << (position - (number.bitWidth - 128))
            }
        }
        return bits
    }

    /// `floor(2^(bitWidth + 127) / divisor)`, which has exactly 128 bits, by long division.
    private static func reciprocal(of divisor: BigNatural) -> UInt128 {
        var remainder = BigNatural(twoToThe: divisor.bitWidth)
        var quotient: UInt128 = 0
        for _ in 0..<128 {
            quotient <<= 1
            if remainder.subtractIfNotSmaller(divisor) { quotient |= 1 }
            remainder.double()
        }
        return quotient
    }
}

/// A natural number of up to 896 bits: room for `2 · 5^342`.
private struct BigNatural {
    private static let wordCount = 14
    private var words = [UInt64](repeating: 0, count: wordCount)

    init(fiveToThe exponent: Int) {
        words[0] = 1
        for _ in 0..<exponent {
            var carry: UInt64 = 0
            for index in words.indices {
                let product = words[index].multipliedFullWidth(by: 5)
                let (sum, overflow) = product.low.addingReportingOverflow(carry)
                words[index] = sum
                carry = product.high + (overflow ? 1 : 0)
            }
        }
    }

    init(twoToThe exponent: Int) {
        words[exponent / 64] = 1 << UInt64(exponent % 64)
    }

    var bitWidth: Int {
        let top = words.lastIndex { $0 != 0 } ?? 0
        return top * 64 + 64 - words[top].leadingZeroBitCount
    }

    func bit(_ position: Int) -> Bool {
        words[position / 64] >> UInt64(position % 64) & 1 == 1
    }

    mutating func double() {
        var carry: UInt64 = 0
        for index in words.indices {
            let next = words[index] >> 63
            words[index] = words[index] << 1 | carry
            carry = next
        }
    }

    /// Subtracts when the result is not negative; returns whether it did.
    mutating func subtractIfNotSmaller(_ other: BigNatural) -> Bool {
        for index in words.indices.reversed() where words[index] != other.words[index] {
            if words[index] < other.words[index] { return false }
            break
        }
        var borrow: UInt64 = 0
        for index in words.indices {
            let (first, firstBorrow) = words[index].subtractingReportingOverflow(other.words[index])
            let (second, secondBorrow) = first.subtractingReportingOverflow(borrow)
            words[index] = second
            borrow = firstBorrow || secondBorrow ? 1 : 0
        }
        return true
    }
}
