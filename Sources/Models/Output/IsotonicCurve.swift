// SPDX-License-Identifier: Apache-2.0

/// A function that never falls, linear between knots and level beyond them.
package struct IsotonicCurve: Equatable, Sendable {
    package let margins: [Double]
    package let values: [Double]

    /// - Parameters:
    ///   - margins: where the knots stand, strictly rising; at least one.
    ///   - values: probabilities there, never falling.
    /// - Returns: `nil` if they are not so.
    package init?(margins: [Double], values: [Double]) {
        guard !margins.isEmpty, margins.count == values.count,
            margins.allSatisfy(\.isFinite), values.allSatisfy({ $0 >= 0 && $0 <= 1 }),
            zip(margins, margins.dropFirst()).allSatisfy({ $0 < $1 }),
            zip(values, values.dropFirst()).allSatisfy({ $0 <= $1 })
        else { return nil }
        self.margins = margins
        self.values = values
    }

    /// - Complexity: O(log knots).
    func value(_ margin: Double) -> Double {
        guard margin > margins[0] else { return values[0] }
        // The last knot that is not above the margin lies in `low..<high`.
        var low = 0
        var high = margins.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if margins[middle] <= margin { low = middle } else { high = middle }
        }
        guard high < margins.count else { return values[low] }
        let share = (margin - margins[low]) / (margins[high] - margins[low])
        return values[low] + share * (values[high] - values[low])
    }
}
