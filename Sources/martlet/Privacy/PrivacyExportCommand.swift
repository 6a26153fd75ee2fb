// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Feedback
import JSON
import Registry

struct PrivacyExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print what is kept of a key, as one JSON document, oldest first.")

    @OptionGroup var options: PrivacyOptions

    func run() throws {
        let kept = try options.with { try $0.export(key: options.keyBytes) }
        let document: JSONValue = [
            "key": .string(options.key), "predictions": .array(kept.map(Self.document)),
        ]
        Console.line(document.text)
    }

    private static func document(_ kept: FeedbackStore.KeptPrediction) -> JSONValue {
        let prediction = kept.prediction
        return [
            "prediction_id": .string(prediction.id), "at": moment(prediction.at),
            "model": .string(prediction.model), "model_version": .integer(prediction.version),
            "arm": .string(prediction.arm), "share": number(prediction.share),
            "key_hash": .string(String(prediction.keyHash, radix: 16)),
            "rollout": prediction.rollout.map { .integer($0) } ?? .null,
            "output": output(prediction.output),
            "other_version": prediction.otherVersion.map { .integer($0) } ?? .null,
            "other_output": prediction.other.map(output) ?? .null,
            "features": prediction.features.flatMap { try? JSONValue(parsing: $0) } ?? .null,
            "label": kept.label.map(label) ?? .null,
        ]
    }

    private static func output(_ output: LoggedOutput) -> JSONValue {
        switch output {
        case .none: .null
        case .value(let value): ["value": number(value)]
        case .probabilities(let label, let probabilities):
            [
                "label": .string(label),
                "probabilities": .array(probabilities.map(number)),
            ]
        }
    }

    private static func label(_ label: Label) -> JSONValue {
        let truth: JSONValue =
            switch label.label {
            case .text(let text): .string(text)
            case .number(let value): number(value)
            }
        return [
            "label": truth, "value": label.value.map(number) ?? .null,
            "observed_at": label.observedAt.map(moment) ?? .null,
            "slice": label.slice.map { .string($0) } ?? .null,
        ]
    }

    /// JSON has no infinity.
    private static func number(_ value: Double) -> JSONValue {
        value.isFinite ? .number(value) : .null
    }

    private static func moment(_ milliseconds: Int64) -> JSONValue {
        .string(Timestamp(milliseconds: Int(milliseconds)).description)
    }
}
