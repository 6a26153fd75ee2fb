// SPDX-License-Identifier: Apache-2.0
import Serving
import Testing

struct RateLimiterTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func allowsABurstAndThenTheRate() {
        var buckets = TokenBuckets(ratePerSecond: 2, burst: 3, setCount: 1)
        let atOnce = (0..<5).map { _ in buckets.take(tag: 1, set: 0, nanoseconds: Self.second) }
        #expect(atOnce == [nil, nil, nil, 0.5, 0.5])
        let later = (0..<2).map { _ in
            buckets.take(tag: 1, set: 0, nanoseconds: 3 * Self.second / 2)
        }
        #expect(later == [nil, 0.5])
    }

    @Test func clientsHaveBucketsOfTheirOwn() {
        var buckets = TokenBuckets(ratePerSecond: 1, burst: 1, setCount: 1)
        let verdicts = [1, 1, 2, 2].map { buckets.take(tag: $0, set: 0, nanoseconds: Self.second) }
        #expect(verdicts == [nil, 1, nil, 1])
    }

    /// A fifth client of a set takes the place of the one whose bucket is fullest.
    @Test func forgetsTheFullestBucket() {
        var buckets = TokenBuckets(ratePerSecond: 1, burst: 4, setCount: 1)
        for (tag, count) in [(1, 4), (2, 3), (3, 1), (4, 2)] {
            for _ in 0..<count {
                _ = buckets.take(tag: UInt64(tag), set: 0, nanoseconds: Self.second)
            }
        }
        let newcomer = buckets.take(tag: 5, set: 0, nanoseconds: Self.second)
        let emptied = buckets.take(tag: 1, set: 0, nanoseconds: Self.second)
        #expect(newcomer == nil)
        #expect(emptied == 1)
    }

    @Test func aClockThatStandsStillGivesNothing() {
        var buckets = TokenBuckets(ratePerSecond: 1, burst: 1, setCount: 1)
        _ = buckets.take(tag: 1, set: 0, nanoseconds: Self.second)
        let verdict = buckets.take(tag: 1, set: 0, nanoseconds: 0)
        #expect(verdict == 1)
    }
}
