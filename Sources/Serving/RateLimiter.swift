// SPDX-License-Identifier: Apache-2.0
import HTTP1
import Synchronization

/// How many requests a second each client may make: a token bucket for each, shared by all loops.
package final class RateLimiter: Sendable {
    private final class Part: Sendable {
        let buckets: Mutex<TokenBuckets>

        init(_ buckets: TokenBuckets) {
            self.buckets = Mutex(buckets)
        }
    }

    /// Clients are spread over the parts, so that loops seldom wait for one another.
    private let parts: [Part]

    /// - Parameters:
    ///   - ratePerSecond: tokens that a bucket gains in a second; above 0.
    ///   - burst: tokens that a bucket holds, so requests that may come at once; at least 1.
    package init(ratePerSecond: Double, burst: Double) {
        parts = (0..<16).map { _ in
            Part(TokenBuckets(ratePerSecond: ratePerSecond, burst: burst, setCount: 256))
        }
    }

    /// Takes a token for a request of `client`.
    ///
    /// An IPv6 client is its network of 64 bits, as one household has that many addresses.
    ///
    /// - Returns: `nil`, or after how many seconds there will be a token.
    func retryAfterSeconds(_ client: ClientAddress, nanoseconds now: UInt64) -> Int? {
        let key = client.ipv4.map(UInt64.init) ?? client.high
        // Seeded anew in each process, so that nobody can choose addresses that collide.
        var hasher = Hasher()
        hasher.combine(client.ipv4 == nil)
        hasher.combine(key)
        let hash = UInt(bitPattern: hasher.finalize())
        let missing = parts[Int(hash % 16)].buckets.withLock {
            $0.take(tag: UInt64(hash), set: Int(hash / 16 % 256), nanoseconds: now)
        }
        return missing.map { max(1, Int($0.rounded(.up))) }
    }
}
