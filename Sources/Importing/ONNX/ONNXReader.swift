// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import SwiftProtobuf

/// Reads a model that is an ONNX file: a protobuf message whose graph becomes a `GraphModel`, or
/// the trees that it is.
enum ONNXReader {
    /// Deeper than any message of the format that is read here.
    private static let messageDepthMax = 16

    static func model(from bytes: [UInt8]) throws(ImportError) -> ImportedModel {
        let file = try message(bytes)
        let importer = try ONNXImporter(file)
        return try ONNXAnswerReader(importer, file).model()
    }

    private static func message(_ bytes: [UInt8]) throws(ImportError) -> ONNXModel {
        var options = BinaryDecodingOptions()
        options.messageDepthLimit = messageDepthMax
        options.discardUnknownFields = true
        do {
            return try ONNXModel(serializedBytes: bytes, options: options)
        } catch BinaryDecodingError.truncated {
            throw .truncated("a protobuf message")
        } catch {
            throw .malformed(field: "file", reason: "no protobuf message of an ONNX model")
        }
    }
}
