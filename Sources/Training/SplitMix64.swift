// SPDX-License-Identifier: Apache-2.0

/// Random numbers as a function of a seed and a counter, so that the n-th needs none before it.
///
/// G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014: the counter steps by the golden ratio and the sum is mixed.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= Self.step
        return Self.mix(state)
    }

    /// From 0 on and below `bound`, each as likely but for one part in 2⁶⁴ / `bound`.
    ///
    /// The draws are part of what a seed stands for: the standard library's might change.
    package mutating func index(below bound: Int) -> Int {
        Self.index(below: bound, from: next())
    }

    /// The high half of a product: in proportion, without a division.
    static func index(below bound: Int, from value: UInt64) -> Int {
        Int(value.multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// From 0 on and below 1, in steps of 2⁻⁵³.
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    package mutating func shuffle<Element>(_ elements: inout [Element]) {
        shuffle(count: elements.count) { elements.swapAt($0, $1) }
    }

    /// Puts so many places in an order of which each is as likely: R. Fisher, F. Yates;
    /// R. Durstenfeld's form.
    package mutating func shuffle(count: Int, swap: (Int, Int) -> Void) {
        for last in stride(from: count - 1, to: 0, by: -1) { swap(last, index(below: last + 1)) }
    }

    /// The value that a generator with this seed gives as its `index`-th, counted from 0.
    package static func value(seed: UInt64, index: Int) -> UInt64 {
        mix(seed &+ step &* UInt64(truncatingIfNeeded: index + 1))
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
