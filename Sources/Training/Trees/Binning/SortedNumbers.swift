// SPDX-License-Identifier: Apache-2.0

extension Array where Element == Double {
    /// Sorts in ascending order, by radix: several times the speed of comparisons, in the memory of
    /// as many numbers again.
    ///
    /// - Precondition: no NaN. Negative zero comes before zero.
    mutating func sortByRadix() {
        let count = count
        withUnsafeMutableBufferPointer { numbers in
            numbers.withMemoryRebound(to: UInt64.self) { keys in
                for index in keys.indices { keys[index] = Self.key(keys[index]) }
                withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { others in
                    Self.sort(keys, others)
                }
                for index in keys.indices { keys[index] = Self.bits(keys[index]) }
            }
        }
    }

    private static var digitWidth: UInt64 { 11 }

    private static func sort(
        _ keys: UnsafeMutableBufferPointer<UInt64>, _ others: UnsafeMutableBufferPointer<UInt64>
    ) {
        var (from, to) = (keys, others)
        for shift in stride(from: UInt64(0), to: 64, by: Int(digitWidth)) {
            var starts = [Int](repeating: 0, count: 1 << Int(digitWidth))
            for key in from { starts[digit(key, shift)] += 1 }
            // Numbers of few digits share many: a pass that moves nothing is left out.
            if starts.contains(from.count) { continue }
            var sum = 0
            for digit in starts.indices { (starts[digit], sum) = (sum, sum + starts[digit]) }
            for key in from {
                to.initializeElement(at: starts[digit(key, shift)], to: key)
                starts[digit(key, shift)] += 1
            }
            swap(&from, &to)
        }
        if from.baseAddress != keys.baseAddress { _ = keys.update(fromContentsOf: from) }
    }

    @inline(__always)
    private static func digit(_ key: UInt64, _ shift: UInt64) -> Int {
        Int(truncatingIfNeeded: key >> shift & (1 << digitWidth - 1))
    }

    /// A number's bits as an unsigned integer in the order of the numbers: the sign flipped,
    /// negatives inverted.
    private static func key(_ bits: UInt64) -> UInt64 {
        bits >> 63 == 0 ? bits | 1 << 63 : ~bits
    }

    private static func bits(_ key: UInt64) -> UInt64 {
        key >> 63 == 1 ? key & ~(1 << 63) : ~key
    }
}
