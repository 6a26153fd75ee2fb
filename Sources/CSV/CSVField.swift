// SPDX-License-Identifier: Apache-2.0

/// Where a field's text lies, without its quotes: 40 bits of start and 24 of length.
package struct CSVField: Sendable {
    static let byteCountMax = (1 << 24) - 1
    private let bits: UInt64

    init(_ range: Range<Int>) {
        bits = UInt64(range.lowerBound) << 24 | UInt64(range.count)
    }

    @inline(__always)
    package var range: Range<Int> {
        let start = Int(bits >> 24)
        return start..<(start + Int(bits & UInt64(Self.byteCountMax)))
    }
}
