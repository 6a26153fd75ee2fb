// SPDX-License-Identifier: Apache-2.0
import HTTP1
import JSON
import Models

/// Why a body is not a prediction request that its model can answer, and where.
enum InputProblem: Error, Equatable, Sendable {
    /// The text of the body, or of a value in it, is not acceptable JSON.
    case json(JSONError, path: String)
    case wrongType(expected: Expectation, path: String)
    case unknownMember(path: String)
    case duplicateMember(path: String)
    case missingInput
    case bothInputs
    case emptyInstances
    case record(RecordError.Reason, path: String)
    /// Finite inputs whose answer is not: they lie too far outside what the model was trained on.
    case predictionNotFinite(path: String)
    /// The version's kind, or what its file tells of its training, gives no explanation.
    case notExplainable

    enum Expectation: String, Sendable {
        case object = "an object"
        case array = "an array"
        case record = "an array or an object of features"
        case string = "a string"
        case boolean = "true or false"
    }
}

extension InputProblem {
    /// The problem's name in `model_prediction_errors_total{reason}` and at the end of `type`.
    var slug: String { wire.slug }

    typealias Wire = ProblemWire

    var wire: Wire {
        switch self {
        case .json(let error, let path):
            Wire(
                .badRequest, "invalid-json", "Invalid JSON",
                "At byte \(error.offset) of the body: \(error.reason.rawValue).", path)
        case .wrongType(let expected, let path):
            Wire(
                .unprocessableContent, "wrong-type", "Wrong type",
                "Expected \(expected.rawValue).", path)
        case .unknownMember(let path):
            Wire(
                .unprocessableContent, "unknown-member", "Unknown member",
                "A prediction request has the members features or instances, explain and key.",
                path)
        case .duplicateMember(let path):
            Wire(
                .badRequest, "duplicate-member", "Duplicate member", "This member occurs twice.",
                path)
        case .missingInput:
            Wire(
                .unprocessableContent, "missing-input", "Missing input",
                "Send features for one row or instances for many.", "$")
        case .bothInputs:
            Wire(
                .unprocessableContent, "ambiguous-input", "Ambiguous input",
                "Send either features or instances, not both.", "$")
        case .emptyInstances:
            Wire(
                .unprocessableContent, "empty-instances", "Empty instances",
                "instances holds no row.", "$.instances")
        case .record(let reason, let path): recordWire(reason, path)
        case .predictionNotFinite(let path):
            Wire(
                .unprocessableContent, "prediction-not-finite", "Prediction not finite",
                "The model's answer to this row is not a finite number.", path)
        case .notExplainable:
            Wire(
                .unprocessableContent, "not-explainable", "Not explainable",
                "This version cannot tell what its features contribute.", "$.explain")
        }
    }

    private func recordWire(_ reason: RecordError.Reason, _ path: String) -> Wire {
        switch reason {
        case .json(let error) where error.reason == .wrongType:
            InputProblem.wrongType(expected: .record, path: path).wire
        case .json(let error): InputProblem.json(error, path: path).wire
        case .wrongCount(let expected, let found):
            Wire(
                .unprocessableContent, "wrong-length", "Wrong length",
                "The model takes \(expected) features; here are \(found).", path)
        case .unknownFeature:
            Wire(
                .unprocessableContent, "unknown-feature", "Unknown feature",
                "The model has no feature of this name.", path)
        case .missingFeature:
            Wire(
                .unprocessableContent, "missing-feature", "Missing feature",
                "This feature is not given; send null where the value is missing.", path)
        case .duplicateFeature:
            Wire(
                .badRequest, "duplicate-member", "Duplicate member", "This member occurs twice.",
                path)
        case .notANumber:
            Wire(
                .unprocessableContent, "wrong-type", "Wrong type",
                "Expected a number, or null where the value is missing.", path)
        case .notAString:
            Wire(
                .unprocessableContent, "wrong-type", "Wrong type",
                "Expected a string, or null where the value is missing.", path)
        }
    }
}
