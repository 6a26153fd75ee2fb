// SPDX-License-Identifier: Apache-2.0

/// How long the last labels of a model were on their way, a thousand at most.
struct RecentDelays: Sendable {
    static let countMax = 1000

    private var milliseconds: [Int64] = []
    private var next = 0

    mutating func record(milliseconds delay: Int64) {
        if milliseconds.count < Self.countMax {
            milliseconds.append(delay)
        } else {
            milliseconds[next] = delay
            next = (next + 1) % Self.countMax
        }
    }

    /// The shortest delay, in seconds, that so large a share of them does not exceed; `nil` where
    /// there are none.
    func quantile(_ share: Double) -> Double? {
        guard !milliseconds.isEmpty else { return nil }
        let rank = Int((share * Double(milliseconds.count)).rounded(.up)) - 1
        let sorted = milliseconds.sorted()
        return Double(sorted[min(sorted.count - 1, max(0, rank))]) / 1000
    }
}
