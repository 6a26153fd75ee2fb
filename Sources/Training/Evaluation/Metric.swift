// SPDX-License-Identifier: Apache-2.0

/// A named number that judges predictions, by scikit-learn's definition and scorer name.
package struct Metric: Equatable, Sendable {
    package let name: String
    /// `nil` where the data leave it undefined, as an AUC with one class is.
    package let value: Double?

    package init(_ name: String, _ value: Double?) {
        self.name = name
        self.value = value
    }
}
