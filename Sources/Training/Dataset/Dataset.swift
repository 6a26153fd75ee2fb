// SPDX-License-Identifier: Apache-2.0
package import Models

/// Rows of a schema with their answers.
package struct Dataset: Sendable {
    package let schema: FeatureSchema
    /// Row-major, one value for each feature.
    package let rows: [Double]
    package let target: Target

    package var count: Int { target.count }
}
