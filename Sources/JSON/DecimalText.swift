// SPDX-License-Identifier: Apache-2.0

/// How a `Double` is written in JSON: into room that was made before, as an array that grows asks
/// many questions at each append.
enum DecimalText {
    /// A sign, 17 digits, and a point with zeros around it or an exponent behind; and what is
    /// written by whole words beyond that.
    static let byteCountMax = 32

    /// - Precondition: there is room for `byteCountMax`.
    @inline(__always)
    static func append(_ number: Double, to text: inout OutputSpan<UInt8>) {
        precondition(text.freeCapacity >= byteCountMax, "no room for a number")
        text.withUnsafeMutableBufferPointer { buffer, count in
            guard let base = buffer.baseAddress else { return }
            count += write(number, to: UnsafeMutableRawPointer(base + count))
        }
    }

    /// - Precondition: `byteCountMax` bytes can be written.
    /// - Returns: how many bytes the number takes.
    private static func write(_ number: Double, to text: UnsafeMutableRawPointer) -> Int {
        guard number.isFinite else {
            text.storeBytes(of: UInt32(littleEndian: 0x6C6C_756E), as: UInt32.self)
            return 4
        }
        text.storeBytes(of: 0x2D, as: UInt8.self)
        let signCount = number.sign == .minus ? 1 : 0
        let decimal = ShortestDecimal(number)
        let digits = SeventeenDigits(decimal.digits)
        return signCount
            + write(digits, point: digits.point + decimal.exponent, to: text + signCount)
    }

    /// Places the decimal point after digit number `point`, which may lie outside the digits.
    @inline(__always)
    private static func write(
        _ digits: SeventeenDigits, point: Int, to text: UnsafeMutableRawPointer
    ) -> Int {
        if -3...0 ~= point {
            // "0.000000"
            text.storeBytes(of: UInt64(littleEndian: 0x3030_3030_3030_2E30), as: UInt64.self)
            digits.write(to: text + 2 - point)
            return 2 - point + digits.count
        }
        if 1...16 ~= point {
            digits.write(to: text + 1)
            for index in 0..<point {
                text.storeBytes(
                    of: text.load(fromByteOffset: index + 1, as: UInt8.self),
                    toByteOffset: index, as: UInt8.self)
            }
            text.storeBytes(of: 0x2E, toByteOffset: point, as: UInt8.self)
            // Zeros as far as the point and one behind it stand where the digits end.
            return 1 + max(digits.count, point + 1)
        }
        digits.write(to: text + 1)
        let first = text.load(fromByteOffset: 1, as: UInt8.self)
        text.storeBytes(of: first, as: UInt8.self)
        text.storeBytes(of: 0x2E, toByteOffset: 1, as: UInt8.self)
        let end = digits.count > 1 ? 1 + digits.count : 1
        return end + write(exponent: point - 1, to: text + end)
    }

    /// With a sign and at least two digits.
    private static func write(exponent: Int, to text: UnsafeMutableRawPointer) -> Int {
        text.storeBytes(of: 0x65, as: UInt8.self)
        text.storeBytes(of: exponent > 0 ? 0x2B : 0x2D, toByteOffset: 1, as: UInt8.self)
        let magnitude = UInt64(exponent.magnitude)
        let digits = SeventeenDigits.eight(magnitude) | 0x3030_3030_3030_3030
        let count = magnitude < 100 ? 2 : 3
        text.storeBytes(
            of: (digits >> UInt64(64 - 8 * count)).littleEndian, toByteOffset: 2, as: UInt64.self)
        return 2 + count
    }
}

/// A number's digits from the first one on, zeros behind them.
private struct SeventeenDigits {
    /// Up to the last that is not zero; 1 for zero.
    let count: Int
    /// How many digits the number itself has; 1 for zero.
    let point: Int
    private let first: UInt8
    private let middle: UInt64
    private let last: UInt64

    private static let powers: InlineArray<18, UInt64> = [
        1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
        10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000,
        100_000_000_000_000, 1_000_000_000_000_000, 10_000_000_000_000_000,
        100_000_000_000_000_000,
    ]

    /// - Precondition: `number` < 10^17.
    @inline(__always)
    init(_ number: UInt64) {
        // log10(2) is 1233/4096; one too low where the power of ten is reached.
        let guess = ((64 - (number | 1).leadingZeroBitCount) * 1233) >> 12
        point = guess + (number >= Self.powers[guess] ? 1 : 0) + (number == 0 ? 1 : 0)
        let scaled = number &* Self.powers[17 - point]
        let (top, low) = scaled.quotientAndRemainder(dividingBy: 100_000_000)
        let (digit, middle) = top.quotientAndRemainder(dividingBy: 100_000_000)
        let (upper, lower) = (Self.eight(middle), Self.eight(low))
        let zeroCount =
            lower != 0 ? lower.leadingZeroBitCount / 8 : 8 + upper.leadingZeroBitCount / 8
        count = 17 - zeroCount
        first = 0x30 + UInt8(truncatingIfNeeded: digit)
        self.middle = upper | 0x3030_3030_3030_3030
        last = lower | 0x3030_3030_3030_3030
    }

    /// Writes 17 bytes.
    @inline(__always)
    func write(to text: UnsafeMutableRawPointer) {
        text.storeBytes(of: first, as: UInt8.self)
        text.storeBytes(of: middle.littleEndian, toByteOffset: 1, as: UInt64.self)
        text.storeBytes(of: last.littleEndian, toByteOffset: 9, as: UInt64.self)
    }

    /// Eight digits, each in a byte of its own, the first one lowest: halves, quarters and digits
    /// are split off side by side, by multiplications with reciprocals that are exact so far.
    ///
    /// - Precondition: `number` < 10^8.
    @inline(__always)
    static func eight(_ number: UInt64) -> UInt64 {
        let halves = number / 10_000 | (number % 10_000) << 32
        let upper = (halves &* 10_486) >> 20 & 0x0000_007F_0000_007F
        let quarters = upper &+ (halves &- 100 &* upper) << 16
        let tens = (quarters &* 103) >> 10 & 0x000F_000F_000F_000F
        return tens &+ (quarters &- 10 &* tens) << 8
    }
}
