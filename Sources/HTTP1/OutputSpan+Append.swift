// SPDX-License-Identifier: Apache-2.0

/// Bytes copied into room that was made for them before: one check for each piece, and none of the
/// questions that an array answers at each append.
extension OutputSpan<UInt8> {
    @inlinable @inline(__always)
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= freeCapacity)
        guard let source = bytes.baseAddress else { return }
        withUnsafeMutableBufferPointer { buffer, count in
            UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                .baseAddress?.copyMemory(from: source, byteCount: bytes.count)
            count += bytes.count
        }
    }

    @inlinable @inline(__always)
    package mutating func append(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { append($0) }
    }

    @inlinable @inline(__always)
    package mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// At most 19 digits, for a number that is not negative.
    package mutating func append(decimal number: Int) {
        // Written from the end: dividing by a constant is a multiplication.
        if number < 1000 { return append(small: UInt(bitPattern: number)) }
        var digits = InlineArray<20, UInt8>(repeating: 0x30)
        var start = 20
        var rest = UInt(bitPattern: number)
        while rest > 0 {
            start -= 1
            digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        append(digits.span.extracting(start..<20))
    }

    /// - Parameter number: below 1000, as are statuses, and most lengths and times.
    @inline(__always)
    private mutating func append(small number: UInt) {
        if number >= 100 { append(0x30 + UInt8(truncatingIfNeeded: number / 100)) }
        if number >= 10 { append(0x30 + UInt8(truncatingIfNeeded: number / 10 % 10)) }
        append(0x30 + UInt8(truncatingIfNeeded: number % 10))
    }
}
