// SPDX-License-Identifier: Apache-2.0
import JSON

/// A file format of another library. Each has a folder of its own name here.
package enum ForeignFormat: String, CaseIterable, Sendable {
    case lightgbm, xgboost, catboost, onnx

    /// The format that a file has by its first bytes, or by its first member's name.
    package static func detect(_ bytes: [UInt8]) -> ForeignFormat? {
        if bytes.starts(with: Array("tree".utf8)), bytes.count > 4, bytes[4] <= 0x20 {
            return .lightgbm
        }
        // ONNX is protobuf: every exporter writes field 1 first, the varint `ir_version`.
        if bytes.first == 0x08 { return .onnx }
        // UBJSON has the type of a name's length where JSON has space or a quote.
        if bytes.first == 0x7B, bytes.count > 1, "iUIlL".utf8.contains(bytes[1]) {
            return .xgboost
        }
        return try? detectJSON(bytes.span)
    }

    private static func detectJSON(_ text: Span<UInt8>) throws(JSONError) -> ForeignFormat? {
        var cursor = JSONCursor()
        try cursor.enter(.object, in: text)
        while try cursor.hasNext(.object, in: text) {
            switch try cursor.name(in: text).text(from: text) {
            case "learner": return .xgboost
            case "features_info", "model_info", "oblivious_trees", "trees": return .catboost
            default: try cursor.skip(in: text)
            }
        }
        return nil
    }

    /// Reads a whole file. Nothing in it is trusted: what is not as the format says is an error, as
    /// is what we would have to leave out.
    ///
    /// - Complexity: linear in the file's length.
    package func model(from bytes: [UInt8]) throws(ImportError) -> ImportedModel {
        switch self {
        case .lightgbm: try ImportedModel(lightGBM: bytes)
        case .xgboost: try ImportedModel(xgBoost: bytes)
        case .catboost: try ImportedModel(catBoost: bytes)
        case .onnx: try ONNXReader.model(from: bytes)
        }
    }
}
