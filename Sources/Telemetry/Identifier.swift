// SPDX-License-Identifier: Apache-2.0

/// 128 random bits that name a request, a prediction or a trace.
package struct Identifier: Equatable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Appends 32 lower-case hexadecimal digits.
    package func append(to buffer: inout [UInt8]) {
        let digits: InlineArray<4, UInt64> = [
            Self.digits(high >> 32), Self.digits(high), Self.digits(low >> 32), Self.digits(low),
        ]
        digits.span.withUnsafeBytes { buffer.append(contentsOf: $0) }
    }

    /// Appends the 16 lower-case hexadecimal digits of a half, as a span is named by.
    package static func append(half: UInt64, to buffer: inout [UInt8]) {
        let digits: InlineArray<2, UInt64> = [Self.digits(half >> 32), Self.digits(half)]
        digits.span.withUnsafeBytes { buffer.append(contentsOf: $0) }
    }

    package var text: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The lower 32 bits as eight digits, in the order in which they are written.
    private static func digits(_ word: UInt64) -> UInt64 {
        // Four bits to each byte, by halves.
        var spread = word & 0xFFFF_FFFF
        spread = (spread << 16 | spread) & 0x0000_FFFF_0000_FFFF
        spread = (spread << 8 | spread) & 0x00FF_00FF_00FF_00FF
        spread = (spread << 4 | spread) & 0x0F0F_0F0F_0F0F_0F0F
        let letters = (spread + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return (spread + 0x3030_3030_3030_3030 + letters * 0x27).bigEndian
    }
}
