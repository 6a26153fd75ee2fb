// SPDX-License-Identifier: Apache-2.0

/// Token buckets in a table of fixed size, four to a set.
///
/// A newcomer to a full set takes the place of the fullest bucket there: forgetting that one errs
/// least, and always in its client's favour. So a flood of addresses weakens the limit and harms no
/// honest client.
package struct TokenBuckets: Sendable {
    private struct Bucket {
        var tag: UInt64
        var tokens: Double
        var nanoseconds: UInt64
    }

    private static let waysPerSet = 4
    private let ratePerSecond: Double
    private let burst: Double
    private var buckets: [Bucket]

    package init(ratePerSecond: Double, burst: Double, setCount: Int) {
        self.ratePerSecond = ratePerSecond
        self.burst = burst
        let empty = Bucket(tag: 0, tokens: burst, nanoseconds: 0)
        buckets = Array(repeating: empty, count: setCount * Self.waysPerSet)
    }

    /// - Returns: `nil` if there was a token, or the seconds until there is one.
    package mutating func take(tag: UInt64, set: Int, nanoseconds now: UInt64) -> Double? {
        var slot = set * Self.waysPerSet
        var fullest = -1.0
        for index in slot..<slot + Self.waysPerSet {
            if buckets[index].tag == tag {
                slot = index
                break
            }
            let tokens = tokens(of: buckets[index], at: now)
            if tokens > fullest { (slot, fullest) = (index, tokens) }
        }
        if buckets[slot].tag != tag {
            buckets[slot] = Bucket(tag: tag, tokens: burst, nanoseconds: now)
        }
        let tokens = tokens(of: buckets[slot], at: now)
        let isServed = tokens >= 1
        buckets[slot].tokens = isServed ? tokens - 1 : tokens
        buckets[slot].nanoseconds = max(now, buckets[slot].nanoseconds)
        return isServed ? nil : (1 - tokens) / ratePerSecond
    }

    private func tokens(of bucket: Bucket, at now: UInt64) -> Double {
        let elapsed = Double(now - min(now, bucket.nanoseconds)) / 1e9
        return min(burst, bucket.tokens + elapsed * ratePerSecond)
    }
}
