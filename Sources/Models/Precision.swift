// SPDX-License-Identifier: Apache-2.0

/// What a model's source library computes in: row values, thresholds, weights and sums alike.
package enum Precision: String, Sendable {
    case float32, float64

    /// A value as a library of this precision sees it.
    @inline(__always)
    func rounded(_ value: Double) -> Double {
        self == .float32 ? Double(Float(value)) : value
    }
}
