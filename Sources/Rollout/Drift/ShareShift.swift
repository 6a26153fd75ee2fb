// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How a share, of nulls or of values never seen, differs between a window and a reference.
package struct ShareShift: Equatable, Sendable {
    package let windowCount: Double
    package let referenceCount: Double
    package let windowShare: Double
    package let referenceShare: Double

    /// - Parameters:
    ///   - window: how many of the window's `windowRows` there are.
    ///   - reference: the same of the reference.
    /// - Returns: `nil` without rows.
    package init?(
        window: UInt64, of windowRows: UInt64, reference: UInt64, of referenceRows: UInt64
    ) {
        guard windowRows > 0, referenceRows > 0 else { return nil }
        windowCount = Double(windowRows)
        referenceCount = Double(referenceRows)
        windowShare = Double(window) / windowCount
        referenceShare = Double(reference) / referenceCount
    }

    package var difference: Double { windowShare - referenceShare }

    /// The probability of as large a difference, in either direction, between equal shares: the
    /// two-proportion z-test with the pooled share.
    package var probability: Double {
        let pooled =
            (windowShare * windowCount + referenceShare * referenceCount)
            / (windowCount + referenceCount)
        let variance = pooled * (1 - pooled) * (1 / windowCount + 1 / referenceCount)
        guard variance > 0 else { return 1 }
        return erfc(abs(difference) / (2 * variance).squareRoot())
    }
}
