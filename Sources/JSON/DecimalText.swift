// SPDX-License-Identifier: Apache-2.0

/// How a `Double` is written in JSON: into room that was made before, as an array that grows asks
/// many questions at each append.
enum DecimalText {
    /// A sign, 17 digits, and a point with zeros around it or an exponent behind.
    static let byteCountMax = 32

    /// - Precondition: there is room for `byteCountMax`.
    static func append(_ number: Double, to text: inout OutputSpan<UInt8>) {
        guard number.isFinite else {
            let null: InlineArray<4, UInt8> = [0x6E, 0x75, 0x6C, 0x6C]
            for index in null.indices { text.append(null[index]) }
            return
        }
        if number.sign == .minus { text.append(0x2D) }
        let decimal = ShortestDecimal(number)
        let digits = Digits(decimal.digits)
        append(digits, point: digits.count + decimal.exponent, to: &text)
    }

    /// Places the decimal point after digit number `point`, which may lie outside the digits.
    private static func append(
        _ digits: Digits, point: Int, to text: inout OutputSpan<UInt8>
    ) {
        if point > 16 || point < -3 {
            digits.append(0..<1, to: &text)
            if digits.count > 1 {
                text.append(0x2E)
                digits.append(1..<digits.count, to: &text)
            }
            text.append(0x65)
            text.append(point > 0 ? 0x2B : 0x2D)
            let exponent = Digits(UInt64((point - 1).magnitude))
            if exponent.count == 1 { text.append(0x30) }
            exponent.append(0..<exponent.count, to: &text)
        } else if point <= 0 {
            text.append(0x30)
            text.append(0x2E)
            text.append(repeating: 0x30, count: -point)
            digits.append(0..<digits.count, to: &text)
        } else if point >= digits.count {
            digits.append(0..<digits.count, to: &text)
            text.append(repeating: 0x30, count: point - digits.count)
            text.append(0x2E)
            text.append(0x30)
        } else {
            digits.append(0..<point, to: &text)
            text.append(0x2E)
            digits.append(point..<digits.count, to: &text)
        }
    }
}

/// The decimal digits of a whole number, the highest first.
struct Digits {
    private var bytes = InlineArray<20, UInt8>(repeating: 0x30)
    private let start: Int

    init(_ number: UInt64) {
        var rest = number
        var start = 20
        repeat {
            start -= 1
            bytes[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        self.start = start
    }

    var count: Int { 20 - start }

    func append(_ range: Range<Int>, to text: inout OutputSpan<UInt8>) {
        precondition(range.count <= text.freeCapacity && range.upperBound <= count)
        let digits = bytes.span
        digits.withUnsafeBytes { digits in
            text.withUnsafeMutableBufferPointer { buffer, count in
                UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]
                )
                .copyMemory(
                    from: UnsafeRawBufferPointer(
                        rebasing: digits[(start + range.lowerBound)..<(start + range.upperBound)]))
                count += range.count
            }
        }
    }
}
