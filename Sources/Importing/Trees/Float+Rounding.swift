// SPDX-License-Identifier: Apache-2.0

extension Float {
    /// The largest `Double` that rounds to this, so that comparing a `Double` with it tells what
    /// comparing the rounded value with `self` would. For libraries that compare in `float` and sum
    /// in `double`.
    ///
    /// - Precondition: finite.
    var largestDoubleThatRoundsHere: Double {
        // Beyond the largest float lies what would be the next, were the exponent not at its end.
        let next = nextUp.isFinite ? Double(nextUp) : 0x1p128
        let middle = (Double(self) + next) / 2
        // Half way goes to the even one of two neighbours.
        return bitPattern & 1 == 0 ? middle : middle.nextDown
    }
}
