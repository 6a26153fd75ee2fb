// SPDX-License-Identifier: Apache-2.0
import JSON
import Models

/// A version that has proved itself, with what its answers need ready at hand.
final class ServedModel: Sendable {
    let name: String
    let version: Int
    let digest: String
    let model: Model
    /// What a row costs to predict, measured when the version was loaded.
    let rowCostNanoseconds: Double
    let instruments: ModelInstruments
    /// Each label as a JSON string.
    let labels: [[UInt8]]
    /// `,"model":"…","model_version":…,"prediction_id":"`.
    let answerTail: [UInt8]

    init(
        name: String, version: Int, digest: String, model: Model, rowCostNanoseconds: Double,
        instruments: ModelInstruments
    ) {
        self.name = name
        self.version = version
        self.digest = digest
        self.model = model
        self.rowCostNanoseconds = rowCostNanoseconds
        self.instruments = instruments
        labels = model.output.labels.map { label in
            var text: [UInt8] = []
            text.appendJSON(label)
            return text
        }
        var tail: [UInt8] = []
        tail.append(",\"model\":")
        tail.appendJSON(name)
        tail.append(",\"model_version\":")
        tail.appendJSON(version)
        tail.append(",\"prediction_id\":\"")
        answerTail = tail
    }

    /// Whether the version still answers its first golden row as the trainer saw it.
    func passesLivePrediction() -> Bool {
        (try? model.verifyGoldenRow(0)) != nil
    }
}
