// SPDX-License-Identifier: Apache-2.0

/// What a column was taken for, and why.
package struct ColumnProfile: Sendable {
    package enum Role: String, Sendable {
        case number, category
        /// Left out: names a row and says nothing about the next one.
        case identifier
        /// Left out: holds one value.
        case constant
        /// Prose: a feature where the learner reads texts, else left out.
        case text
        /// Left out at the user's wish.
        case ignored

        package var isFeature: Bool { self == .number || self == .category }
    }

    package let name: String
    package let role: Role
    package let missingCount: Int
    /// The range of a number, the number of values of anything else, or why it is left out.
    package let note: String
    let column: Int
    let values: ColumnValues
}

/// A column's values after reading.
enum ColumnValues: Sendable {
    /// NaN where missing.
    case numbers([Double])
    case texts(DistinctValues)
    case none
}
