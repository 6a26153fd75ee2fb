// SPDX-License-Identifier: Apache-2.0

extension Array where Element == Double {
    /// The same numbers in ascending order, by radix: several times the speed of comparisons.
    ///
    /// - Precondition: no NaN. Negative zero comes before zero.
    func sortedByRadix() -> [Double] {
        // As unsigned integers in the order of the numbers: the sign flipped, negatives inverted.
        var keys = map { value -> UInt64 in
            let bits = value.bitPattern
            return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
        }
        var other = [UInt64](repeating: 0, count: keys.count)
        for shift in stride(from: UInt64(0), to: 64, by: Int(Self.digitWidth)) {
            var starts = [Int](repeating: 0, count: 1 << Int(Self.digitWidth))
            for key in keys { starts[Self.digit(key, shift)] += 1 }
            // Numbers of few digits share many: a pass that moves nothing is left out.
            if starts.contains(keys.count) { continue }
            var sum = 0
            for digit in starts.indices { (starts[digit], sum) = (sum, sum + starts[digit]) }
            for key in keys {
                other[starts[Self.digit(key, shift)]] = key
                starts[Self.digit(key, shift)] += 1
            }
            swap(&keys, &other)
        }
        // The memory of millions of rows is given back before as much is taken.
        other = []
        return keys.map { Double(bitPattern: $0 >> 63 == 1 ? $0 & ~(1 << 63) : ~$0) }
    }

    private static var digitWidth: UInt64 { 11 }

    @inline(__always)
    private static func digit(_ key: UInt64, _ shift: UInt64) -> Int {
        Int(truncatingIfNeeded: key >> shift & (1 << digitWidth - 1))
    }
}
