// SPDX-License-Identifier: Apache-2.0
package import JSON

/// Why a JSON record is not a row of the schema, and where in the record.
package struct RecordError: Error, Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        case json(JSONError)
        case wrongCount(expected: Int, found: Int)
        case unknownFeature
        case missingFeature
        case duplicateFeature
        case notANumber
        case notAString
    }

    package let reason: Reason
    /// What follows the record's own JSON path: `[3]`, `['age']` or nothing.
    package let path: String
}
