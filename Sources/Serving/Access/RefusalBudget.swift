// SPDX-License-Identifier: Apache-2.0

/// How many refusals of a second get a line in the log: the first ten. The others are counted, for
/// one line about them all.
struct RefusalBudget: Sendable {
    enum Verdict: Equatable, Sendable {
        case log
        /// No line.
        case hold
        /// The same, for the first since the count was taken: somebody must take it in a second.
        case holdFirst
    }

    private static let linesMax = 10
    private static let windowNanoseconds: UInt64 = 1_000_000_000

    private var windowStart: UInt64?
    private var lineCount = 0
    private var heldCount = 0

    /// - Parameter now: monotonic; of several loops, so it may go back a little.
    mutating func take(nanoseconds now: UInt64) -> Verdict {
        let elapsed = windowStart.map { now - min(now, $0) } ?? .max
        if elapsed >= Self.windowNanoseconds {
            windowStart = now
            lineCount = 0
        }
        if lineCount < Self.linesMax {
            lineCount += 1
            return .log
        }
        heldCount += 1
        return heldCount == 1 ? .holdFirst : .hold
    }

    mutating func takeHeldCount() -> Int {
        defer { heldCount = 0 }
        return heldCount
    }
}
