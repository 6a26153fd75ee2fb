// SPDX-License-Identifier: Apache-2.0

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

    func append(to text: inout OutputSpan<UInt8>) {
        for index in start..<20 { text.append(bytes[index]) }
    }
}
