// SPDX-License-Identifier: Apache-2.0
package import JSON

/// Why a file did not become a model. Every case names the place or the thing.
package enum ImportError: Error, Equatable, Sendable {
    /// The bytes are of no format that is known.
    case unknownFormat
    /// The file ends inside this.
    case truncated(String)
    case json(JSONError)
    /// A field that is missing, or not what the format says.
    case malformed(field: String, reason: String)
    /// The file may be good; we do not do this. Such as "CTR split in tree 3".
    case unsupported(String)
}

extension ImportError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownFormat:
            "the file is neither LightGBM text, XGBoost JSON or UBJSON, CatBoost JSON nor ONNX"
        case .truncated(let place): "the file ends inside \(place)"
        case .json(let error): "\(error.reason.rawValue), at byte \(error.offset)"
        case .malformed(let field, let reason): "\(field): \(reason)"
        case .unsupported(let what): "not supported: \(what)"
        }
    }
}
