// SPDX-License-Identifier: Apache-2.0

/// Why a row has its margin: an additive account of it.
package struct Explanation: Equatable, Sendable {
    /// What stands before any feature is known.
    package let base: Double
    /// What each feature adds; with the base they sum to the margin, within rounding.
    package let contributions: [Double]

    package init(base: Double, contributions: [Double]) {
        self.base = base
        self.contributions = contributions
    }
}
