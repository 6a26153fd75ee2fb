// SPDX-License-Identifier: Apache-2.0

/// When to try again what has failed: after a second, two, four and so on, each shortened by up to
/// half at random, so that receivers that come back are not met by everyone at once.
package struct Retry: Sendable {
    package static let attemptCountMax = 5
    private static let firstMilliseconds = 1000.0
    private static let millisecondsMax = 60_000.0

    package private(set) var failureCount = 0

    package init() {}

    /// Notes a failure.
    ///
    /// - Parameters:
    ///   - jitter: from 0 to 1.
    ///   - askedSeconds: what the receiver wants to be left alone for (`Retry-After`), of which a
    ///     minute is granted.
    /// - Returns: the milliseconds to wait; `nil` to give up.
    package mutating func failed(jitter: Double, askedSeconds: Int? = nil) -> Int? {
        failureCount += 1
        guard failureCount < Self.attemptCountMax else { return nil }
        var delay = Self.firstMilliseconds
        for _ in 1..<failureCount { delay *= 2 }
        delay *= 1 - min(max(jitter, 0), 1) / 2
        if let askedSeconds { delay = max(delay, Double(askedSeconds) * 1000) }
        return Int(min(delay, Self.millisecondsMax))
    }
}
