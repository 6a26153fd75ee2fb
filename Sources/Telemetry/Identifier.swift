// SPDX-License-Identifier: Apache-2.0

/// 128 random bits that name a request, a prediction or a trace.
package struct Identifier: Equatable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Appends 32 lower-case hexadecimal digits, at one go.
    package func append(to buffer: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digits in
            for index in 0..<16 {
                let shift = UInt64(60 - 4 * index)
                digits[index] = Self.digit(high >> shift)
                digits[16 + index] = Self.digit(low >> shift)
            }
            buffer.append(contentsOf: digits)
        }
    }

    package var text: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digit(_ word: UInt64) -> UInt8 {
        let nibble = UInt8(truncatingIfNeeded: word & 15)
        return nibble &+ (nibble < 10 ? 0x30 : 0x57)
    }
}

/// Makes identifiers without a lock or a system call: one source for each loop.
///
/// Two SplitMix64 streams (Steele, Lea, Flood 2014) from seeds of the system's generator. Unique,
/// not secret.
package struct IdentifierSource: Sendable {
    private var first: UInt64
    private var second: UInt64

    package init() {
        var random = SystemRandomNumberGenerator()
        first = random.next()
        second = random.next()
    }

    package mutating func next() -> Identifier {
        // A trace id must not be all zero (W3C Trace Context section 3.2.2.3).
        Identifier(high: Self.step(&first) | 1, low: Self.step(&second))
    }

    private static func step(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
