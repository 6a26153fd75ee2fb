// SPDX-License-Identifier: Apache-2.0
package import JSON

/// Why some bytes are not a model that can be served.
package enum ArtifactError: Error, Equatable, Sendable {
    /// The file ends before the field does.
    case truncated(String)
    case json(field: String, JSONError)
    case missingField(String)
    case invalidField(String, String)
    /// The model does not reproduce the answer that the trainer saw.
    case goldenMismatch(row: Int, field: String)
}

extension ArtifactError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncated(let field): "artifact: the file ends inside \(field)"
        case .json(let field, let error):
            "artifact: \(field): \(error.reason.rawValue), at byte \(error.offset)"
        case .missingField(let field): "artifact: \(field) is missing"
        case .invalidField(let field, let reason): "artifact: \(field): \(reason)"
        case .goldenMismatch(let row, let field):
            "golden row \(row): \(field) differs from what the trainer saw"
        }
    }
}
