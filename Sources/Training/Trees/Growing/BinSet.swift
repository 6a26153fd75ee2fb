// SPDX-License-Identifier: Apache-2.0

/// A set of bins.
struct BinSet: Equatable {
    private var words = SIMD4<UInt64>()

    static func upTo(_ last: Int) -> BinSet {
        var set = BinSet()
        for bin in 0...last { set.insert(bin) }
        return set
    }

    mutating func insert(_ bin: Int) {
        words[bin >> 6] |= 1 << UInt64(bin & 63)
    }

    @inline(__always)
    func contains(_ bin: Int) -> Bool {
        words[bin >> 6] >> UInt64(bin & 63) & 1 == 1
    }
}
